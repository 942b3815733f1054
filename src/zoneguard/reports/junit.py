"""JUnit XML: a case for each clause of each policy and for each ordered pair of zones, passes included.

A clause that is broken fails, one that needs a person's word or does not apply is skipped, one that cannot be
determined is an error: a CI that shows the case does not take doubt for a pass. Where a baseline accepts all that
fails, the case is skipped, with who accepted it until when: CI goes on as the exit status says, and it is no pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

from zoneguard.gate.baseline import COUNTED
from zoneguard.locale import translator
from zoneguard.model.findings import Finding, Held, MatrixCell, Report
from zoneguard.model.policy import Verdict
from zoneguard.model.text import N_
from zoneguard.reports import ReportFormat
from zoneguard.reports._accepted import accepted_by
from zoneguard.reports._sentences import details
from zoneguard.reports._words import STATES, VERDICTS, Translate

OUTCOMES = {
    Verdict.VIOLATES: "failure",
    Verdict.UNDETERMINED: "error",
    Verdict.ATTESTATION_NEEDED: "skipped",
    Verdict.NOT_APPLICABLE: "skipped",
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """One suite a policy, and one for the zone matrix."""
    translate = translator(lang)
    root = Element("testsuites", name=f"zoneguard {report.command}")
    by_print = {finding.fingerprint: finding for finding in report.findings}
    held_by_print = {held.finding.fingerprint: held for held in report.held}
    for profile in report.project.profiles:
        suite = SubElement(root, "testsuite", name=profile.name)
        titles = {c.id: f"{c.number} {c.title_ja if lang == 'ja' else c.title_en}" for c in profile.clauses}
        for result in (r for r in report.clauses if r.clause in titles):
            case = SubElement(
                suite, "testcase", classname=f"zoneguard.{profile.name}", name=_text(titles[result.clause])
            )
            own = [by_print[f] for f in result.findings if f in by_print]
            held = [held_by_print[f] for f in result.findings if f in held_by_print]
            if _all_accepted(result.verdict, own, held):
                _accepted(case, held, translate)
                continue
            reason = result.reason.render(translate)
            _outcome(
                case, result.verdict, VERDICTS[result.verdict].render(translate), [reason, *_bodies(own, translate)]
            )
    if report.matrix:
        suite = SubElement(root, "testsuite", name="zones")
        for cell in report.matrix:
            _pair(suite, cell, report, translate)
    _count(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _pair(suite: Element, cell: MatrixCell, report: Report, translate: Translate) -> None:
    case = SubElement(
        suite, "testcase", classname="zoneguard.zones", name=f"{_text(cell.source)} > {_text(cell.destination)}"
    )
    pair = (cell.source, cell.destination)
    own = [f for f in report.findings if f.zones == pair and f.verdict is not Verdict.ATTESTATION_NEEDED]
    held = [h for h in report.held if h.finding.zones == pair]
    verdict = {"violated": Verdict.VIOLATES, "undetermined": Verdict.UNDETERMINED}.get(cell.state, Verdict.CONFORMS)
    if _all_accepted(verdict, own, held):
        _accepted(case, held, translate)
    else:
        _outcome(case, verdict, STATES[cell.state].render(translate), _bodies(own, translate))


def _all_accepted(verdict: Verdict, left: Iterable[Finding], held: Iterable[Held]) -> bool:
    """Whether a case of ``verdict`` rests on accepted findings only. ``left``: its findings that are not."""
    counted = any(finding.verdict in COUNTED for finding in left)
    return verdict in COUNTED and not counted and any(h.finding.verdict is verdict for h in held)


def _accepted(case: Element, held: Iterable[Held], translate: Translate) -> None:
    entries = dict.fromkeys(accepted_by(entry).render(translate) for h in held for entry in h.entries)
    message = f"{N_('accepted').render(translate)}: {'; '.join(entries)}"
    SubElement(case, "skipped", message=_text(message), type="accepted")


def _bodies(findings: Iterable[Finding], translate: Callable[[str], str]) -> list[str]:
    return ["\n".join([finding.check, *details(finding, translate)]) for finding in findings]


def _outcome(case: Element, verdict: Verdict, said: str, bodies: list[str]) -> None:
    kind = OUTCOMES.get(verdict)
    if kind is None:
        return
    first = bodies[0].splitlines()[0] if bodies else ""
    SubElement(case, kind, message=_text(f"{said}: {first}" if first else said), type=verdict.value).text = _text(
        "\n\n".join(bodies)
    )


def _count(root: Element) -> None:
    """The sums that consumers read."""
    for node in (*root, root):
        cases = list(node.iter("testcase"))
        node.set("tests", str(len(cases)))
        for name, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            node.set(attribute, str(sum(case.find(name) is not None for case in cases)))


def _text(value: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", value)


PLUGIN = ReportFormat(name="junit", title="JUnit XML", write=write)
