"""One self-contained HTML file: the zone matrix first, a picture, findings to filter, and every table of the audit.

Nothing is fetched: style and script are in the file, and its content security policy allows them by their hashes and
nothing else. Findings are embedded once as JSON; without script the first of them are there as a table.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from zoneguard.model.findings import Finding, MatrixCell, Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import Text
from zoneguard.reports import ReportFormat
from zoneguard.reports._html import labels
from zoneguard.reports._html.bilingual import Both, Pool, both
from zoneguard.reports._html.data import embedded, hop_text, row_text
from zoneguard.reports._html.picture import picture, points, way
from zoneguard.reports._html.tables import WITHOUT_SCRIPT, sections
from zoneguard.reports._words import SEVERITIES, SIGNS, STATES, VERDICTS, in_order

NAMED = 5  # findings that are named beside a pair of zones without script


@dataclass(frozen=True, slots=True)
class Pair:
    """A cell of the matrix, and the findings about its two zones in order."""

    cell: MatrixCell
    findings: tuple[Finding, ...]

    @property
    def silent(self) -> bool:
        """Nothing may pass, nothing was seen, nothing was found."""
        return self.cell.state == "denied" and not (self.cell.observed or self.cell.attempted or self.findings)


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """The page in ``lang``; its reader may change that."""
    pool, drawn, found = Pool(), picture(report), in_order(report.findings)
    style, script = _part("page.css"), _part("page.js")
    text = _template().render(
        **_speech(pool, lang),
        say=labels.LABELS,
        listed=labels.listed,
        rest=labels.rest,
        flows=labels.flows,
        cell=labels.cell,
        row=row_text,
        hop=hop_text,
        states=STATES,
        signs=SIGNS,
        verdicts=VERDICTS,
        severities=SEVERITIES,
        lang=lang,
        report=report,
        counts=_counts(report),
        clause_counts=Counter(result.verdict for result in report.clauses),
        pairs=_pairs(report, found),
        zones=list(dict.fromkeys(name for cell in report.matrix for name in (cell.source, cell.destination))),
        named=NAMED,
        picture=drawn,
        points=lambda finding: points(drawn, finding),
        offence=next((finding for finding in found if way(finding)), None),
        checks=sorted({finding.check for finding in found}),
        sections=sections(report),
        first=WITHOUT_SCRIPT,
        style=style,
        script=script,
        policy=_policy(style, script),
        data=lambda: embedded(report, lang, pool, drawn),
    )
    return text.encode("utf-8", "backslashreplace")


def _speech(pool: Pool, lang: str) -> dict[str, Callable[[Text | str | Both], object]]:
    """How the page says things: ``t`` as an element whose language the script can change, ``label`` as an attribute,
    ``bare`` as text alone, ``number`` as its number for the script."""

    def t(value: Text | str | Both) -> Markup:
        said = both(value)
        if said.en == said.ja:
            return escape(said.en)
        return Markup('<span data-t="{}">{}</span>').format(pool.text(said), said.of(lang))

    def label(value: Text | str | Both) -> Markup:
        said = both(value)
        return Markup('aria-label="{}" data-label="{}"').format(said.of(lang), pool.text(said))

    return {"t": t, "label": label, "bare": lambda value: both(value).of(lang), "number": pool.text}


@cache
def _part(name: str) -> str:
    return files("zoneguard.reports._html").joinpath(name).read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_part("page.html"))


def _policy(style: str, script: str) -> str:
    """Nothing but this style and this script."""
    allowed = {"style-src": style, "script-src": script}
    hashes = {name: b64encode(sha256(part.encode()).digest()).decode() for name, part in allowed.items()}
    return "; ".join(
        ["default-src 'none'", *(f"{name} 'sha256-{value}'" for name, value in hashes.items()), "base-uri 'none'",
         "form-action 'none'"]
    )  # fmt: skip


def _pairs(report: Report, found: Iterable[Finding]) -> dict[tuple[str, str], Pair]:
    about: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in found:
        about[finding.zones].append(finding)
    return {
        (cell.source, cell.destination): Pair(cell, tuple(about[cell.source, cell.destination]))
        for cell in report.matrix
    }


def _counts(report: Report) -> list[tuple[Text, int]]:
    """Violations by severity, and what is undetermined."""
    violations = Counter(f.severity for f in report.findings if f.verdict is Verdict.VIOLATES)
    undetermined = sum(f.verdict is Verdict.UNDETERMINED for f in report.findings)
    counted = [(SEVERITIES[severity], violations[severity]) for severity in Severity]
    return [pair for pair in (*counted, (VERDICTS[Verdict.UNDETERMINED], undetermined)) if pair[1]]


PLUGIN = ReportFormat(name="html", title="HTML page that stands alone", write=write)
