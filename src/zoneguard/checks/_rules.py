"""Findings about lines of rule lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from zoneguard.checks import Case
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text, together
from zoneguard.static.analysis import Anomaly, Kind

ACTIONS = {
    "permit": N_("permit"),
    "deny": N_("deny"),
    "translate": N_("translation"),
    "jump": N_("jump"),
    "return": N_("return"),
    "other": N_("rule"),
}

REASONS = {
    Kind.IMPOSSIBLE: N_("its own conditions contradict each other"),
    Kind.NO_INTERFACE: N_("its interface is not in use"),
    Kind.NO_ROUTE: N_("no route leads its packets that way"),
    Kind.NEVER_CALLED: N_("nothing calls its list"),
    Kind.NOT_LET_THROUGH: N_("the rules that call its list let nothing of the kind through"),
}
"""Why nothing comes to a rule."""


def anomalies(case: Case, wanted: Callable[[Anomaly], bool]) -> Iterator[Anomaly]:
    """Those of every device that are ``wanted``."""
    return (anomaly for analysis in case.analyses for anomaly in analysis.to_mend() if wanted(anomaly))


def rule_findings(
    check: str, severity: Severity, found: Iterable[Anomaly], say: Callable[[Anomaly], Text], fix: Text
) -> Iterator[Finding]:
    """One finding a line: the line first, then its causes."""
    seen: Counter[tuple[str, ...]] = Counter()
    for anomaly in found:
        subject = (anomaly.device, anomaly.context, anomaly.rules, anomaly.rule, anomaly.subject)
        seen[subject] += 1
        again = (str(seen[subject]),) if seen[subject] > 1 else ()
        causes = (cause.span for cause in anomaly.causes)
        yield Finding(
            check=check,
            severity=severity,
            verdict=Verdict.VIOLATES,
            message=say(anomaly),
            anchor=(*subject, *again),
            evidence=tuple(dict.fromkeys((anomaly.span, *causes))),
            witness=anomaly.witness,
            fix=fix,
        )


def named(anomaly: Anomaly) -> str:
    """The rule as people call it: its name, or its line."""
    return anomaly.rule or str(anomaly.span)


def causes(anomaly: Anomaly) -> str:
    """The lines that are the cause, a few of them."""
    shown = [f"{cause.span} {cause.name}".strip() for cause in anomaly.causes[:3]]
    rest = len(anomaly.causes) - len(shown)
    return ", ".join(shown) + (f" (+{rest})" if rest else "") + ("" if anomaly.complete else " …")


def open_questions(case: Case, check: str) -> Iterator[Finding]:
    """What the analysis could not decide, device by device."""
    devices = zip(case.static.devices if case.static else (), case.analyses, strict=True)
    for device, analysis in devices:
        doubtful = [a for a in analysis.anomalies if a.kind is Kind.UNDETERMINED]
        if doubtful:
            unknowns = list(dict.fromkeys(u for a in doubtful for u in a.unknowns))
            message = N_(
                "{device}: whether {count} rules ever act depends on conditions that cannot be decided: {unknown}.",
                device=device.name,
                count=len(doubtful),
                unknown=together([*unknowns[:3], *(["…"] if len(unknowns) > 3 else [])]),
            )
            yield _open(case, check, device.name, message, tuple(a.span for a in doubtful[:5]), *unknowns)
        for context in analysis.skipped:
            message = N_(
                "{device}: the rule lists of {context} are too large to be analysed.",
                device=device.name,
                context=context[1],
            )
            yield _open(case, check, device.name, message, (device.span,), *context)


def _open(case: Case, check: str, device: str, message: Text, lines: tuple[SourceSpan, ...], *anchor: str) -> Finding:
    assert case.static
    attached = case.static.network.topology.attachments
    return Finding(
        check=check,
        severity=Severity.INFO,
        verdict=Verdict.UNDETERMINED,
        message=message,
        anchor=("open", device, *anchor),
        zones=tuple(dict.fromkeys(a.zone for a in attached if a.context.device.name == device)) or (device,),
        evidence=lines,
        fix=N_("Decide the condition, or look at these rules by hand."),
    )
