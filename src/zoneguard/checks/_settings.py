"""How devices are managed, as their exports say: what checks of it share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zoneguard.checks import Case
from zoneguard.model.device import Device
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.settings import DeviceSettings, Topic
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text


def telling(case: Case, *topics: Topic) -> Iterator[tuple[Device, DeviceSettings]]:
    """The devices whose exports speak of one of the topics."""
    for device in case.static.devices if case.static else ():
        if device.settings is not None and device.settings.told & set(topics):
            yield device, device.settings


def silent_on(*topics: Topic) -> Callable[[Case, str], Text | None]:
    """``Check.silent`` of a check of ``topics``."""

    def silent(case: Case, _: str) -> Text | None:
        return None if next(telling(case, *topics), None) else N_("No export tells how its device is managed.")

    return silent


def unseen_of(*topics: Topic) -> Callable[[Case, str], Text | None]:
    """``Check.unseen`` of a check of ``topics``: the devices whose exports do not speak of each of them."""

    def unseen(case: Case, _: str) -> Text | None:
        devices = case.static.devices if case.static else ()
        missing = [d.name for d in devices if d.settings is None or not set(topics) <= d.settings.told]
        return N_("the exports of {devices} do not tell.", devices=", ".join(missing)) if missing else None

    return unseen


def managed(
    check: str,
    severity: Severity,
    device: Device,
    message: Text,
    anchor: tuple[str, ...],
    lines: tuple[SourceSpan, ...],
    fix: Text,
    *,
    aspect: str = "",
    zones: tuple[str, ...] = (),
    verdict: Verdict = Verdict.VIOLATES,
) -> Finding:
    """A finding about the settings of a device; of what is not there, the lines are the export's first."""
    span = device.span
    return Finding(
        check=check,
        severity=severity,
        verdict=verdict,
        message=message,
        anchor=(device.name, *anchor),
        zones=zones,
        evidence=lines or (SourceSpan(span.file, span.first, span.first),),
        aspect=aspect,
        fix=fix,
    )
