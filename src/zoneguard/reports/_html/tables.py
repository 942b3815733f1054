"""The tables of the page in both languages: those of the working paper, and what else a report has to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from zoneguard.locale import LANGUAGES, translator
from zoneguard.model.device import Concern
from zoneguard.model.findings import Report
from zoneguard.model.text import N_, Text
from zoneguard.reports._html.bilingual import Both, plain
from zoneguard.reports._words import FORCES, SEVERITIES, Translate, in_order
from zoneguard.reports._working_paper import Table, accepted, tables

WITHOUT_SCRIPT = 200  # findings that are written as a table too
LISTED = 12  # findings that a clause names
PAPER = ("listed", "clauses", "exceptions", "attestations", "evidence")
OWN = ("accepted", "differences", "unread", "lines", "frames")


@dataclass(frozen=True, slots=True)
class Section:
    """A table in both languages. ``slug`` is its place in the page."""

    slug: str
    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Both, ...], ...]


def sections(report: Report) -> list[Section]:
    """Findings (the first of them), clauses, register, attestations, evidence; then what was accepted, where policies
    differ, what was not understood, and how much was read."""
    first = _first(report)
    paper = zip(PAPER, _both(lambda lang: list(tables(first, lang))), strict=True)
    own = zip(OWN, _both(lambda lang: list(_own(report, translator(lang)))), strict=True)
    return [_section(slug, pair) for slug, pair in (*paper, *own)]


def _first(report: Report) -> Report:
    """The report with as many findings as are written without script, and with the frames that they cite."""
    found = in_order(report.findings)[:WITHOUT_SCRIPT]
    cited = {span for finding in found for span in finding.evidence}
    return replace(
        report,
        findings=tuple(found),
        clauses=tuple(replace(c, findings=_named(c.findings)) for c in report.clauses),
        frames={span: summary for span, summary in report.frames.items() if span in cited},
    )


def _named(fingerprints: tuple[str, ...]) -> tuple[str, ...]:
    """As many as a cell of a table names, and how many more there are."""
    rest = len(fingerprints) - LISTED
    return (*fingerprints[:LISTED], f"+{rest}") if rest > 0 else fingerprints


def _both(make: Callable[[str], list[Table]]) -> Iterator[tuple[Table, Table]]:
    return zip(*(make(lang) for lang in LANGUAGES), strict=True)


def _section(slug: str, pair: tuple[Table, Table]) -> Section:
    english, japanese = pair
    rows = tuple(
        tuple(Both(plain(a), plain(b)) for a, b in zip(en, ja, strict=True))
        for en, ja in zip(english.rows, japanese.rows, strict=True)
    )
    return Section(slug, english.title, english.columns, rows)


def _own(report: Report, translate: Translate) -> Iterator[Table]:
    yield accepted(report, translate)
    yield _differences(report, translate)
    yield _unread(report, translate)
    yield _lines(report, translate)
    yield _frames(report, translate)


def _differences(report: Report, translate: Translate) -> Table:
    rows = tuple(
        (d.check, c.id, FORCES[c.force].render(translate), SEVERITIES[c.weight].render(translate) if c.weight else "")
        for d in report.disagreements
        for c in d.clauses
    )
    return Table(N_("Where the policies differ"), (N_("Checks"), N_("Clause"), N_("Force"), N_("Severity")), rows)


def _unread(report: Report, translate: Translate) -> Table:
    lines = [
        (str(entry.span), entry.concern.value, entry.text, translate(entry.reason))
        for account in report.accounts
        for entry in account.not_understood
        if entry.concern is not Concern.OTHER
    ]
    lines += [(c.file, "", "", translate(c.truncated)) for c in report.captures if c.truncated]
    columns = (N_("evidence"), N_("Concern"), N_("Text"), N_("Reason"))
    return Table(N_("What could not be determined from the inputs"), columns, tuple(lines))


def _lines(report: Report, translate: Translate) -> Table:
    rows = tuple(
        (
            a.file, a.format, str(a.total), str(a.understood), str(sum(a.ignored.values())),
            str(a.open_lines), _reasons(a.ignored.items(), translate),
        )
        for a in report.accounts
    )  # fmt: skip
    columns = (
        N_("file"), N_("Format"), N_("lines"), N_("understood"), N_("ignored"), N_("not understood"), N_("Reason"),
    )  # fmt: skip
    return Table(N_("Coverage of configurations"), columns, rows)


def _frames(report: Report, translate: Translate) -> Table:
    rows = tuple(
        (
            c.file, str(c.frames), str(c.decoded), str(sum(c.without_ip.values())), str(sum(c.skipped.values())),
            _reasons([*c.without_ip.items(), *c.skipped.items()], translate),
        )
        for c in report.captures
    )  # fmt: skip
    columns = (N_("capture"), N_("frames"), N_("decoded"), N_("without IP"), N_("skipped"), N_("Reason"))
    return Table(N_("Coverage of captures"), columns, rows)


def _reasons(counted: Iterable[tuple[str, int]], translate: Translate) -> str:
    items = sorted(counted, key=lambda item: (-item[1], item[0]))
    return "\n".join(f"{count} {translate(reason)}" for reason, count in items)
