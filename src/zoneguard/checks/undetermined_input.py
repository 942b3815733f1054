"""ZG401: what could not be read is said.

A line of a configuration that may change what is forwarded and was not understood, a zone that attaches to no
device, a frame that could not be decoded, a capture that was cut short: each bounds what the other checks can say,
and none is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

FREE = frozenset({ZoneClass.PUBLIC, ZoneClass.OUT_OF_SCOPE, ZoneClass.OTHER})
"""Classes of zones that need not attach: nothing is claimed of them."""
HARMLESS = frozenset({"not IP"})
"""Reasons to skip a frame that say nothing is missing."""


def _run(case: Case) -> Iterator[Finding]:
    yield from _lines(case)
    yield from _zones(case)
    yield from _frames(case)


def _finding(message: Text, evidence: tuple[SourceSpan | CaptureSpan, ...], *anchor: str) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.UNDETERMINED,
        message=message,
        anchor=anchor,
        evidence=evidence,
        fix=N_("Complete or correct the input; zoneguard parse and zoneguard flows show what was read."),
    )


def _lines(case: Case) -> Iterator[Finding]:
    for device in case.static.devices if case.static else ():
        for entry in device.uncertain:
            if not entry.bounded:
                yield _finding(
                    N_(
                        "{device}: a line that may change {concern} is not understood ({reason}): {text}",
                        device=device.name,
                        concern=entry.concern.value,
                        reason=entry.reason,
                        text=entry.text,
                    ),
                    (entry.span,),
                    device.name,
                    entry.text,
                )


def _zones(case: Case) -> Iterator[Finding]:
    if case.static is None:
        return
    attached = {a.zone for a in case.static.network.topology.attachments}
    for zone in case.project.zones:
        if zone.name not in attached and zone.zone_class not in FREE:
            yield _finding(
                N_("The zone {zone} attaches to no device: nothing can be said of its paths.", zone=zone.name),
                (zone.span,),
                zone.name,
            )


def _frames(case: Case) -> Iterator[Finding]:
    for account in case.dynamic.accounts if case.dynamic else ():
        if account.truncated:
            yield _finding(
                N_("{file}: the capture was read up to a cut: {where}", file=account.file, where=account.truncated),
                (CaptureSpan(account.file, account.frames, 0.0),),
                account.file,
                "truncated",
            )
        missing = {reason: n for reason, n in account.skipped.items() if reason not in HARMLESS and n}
        if missing:
            text = ", ".join(f"{reason}: {n}" for reason, n in sorted(missing.items()))
            yield _finding(
                N_("{file}: frames that could not be decoded ({reasons}).", file=account.file, reasons=text),
                (CaptureSpan(account.file, 0, 0.0),),
                account.file,
                *sorted(missing),
            )


PLUGIN = Check(
    id="ZG401",
    name="undetermined-input",
    title="Everything that matters was read",
    severity=Severity.INFO,
    run=_run,
    why="What was not read may hold the opposite of what the rest says.",
    fix="Give the complete and current export, or a whole capture.",
)
