"""ZG136: network devices run software that its maker still supports.

The version that an export names is held against the releases whose support had ended by the makers' own announcements
when this version of zoneguard was made. Ends that lie ahead are moved by makers and are not listed: of a release that
is not in the list nobody knows here whether it is supported, and the clause stays undetermined until somebody confirms
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from zoneguard.checks import Case, Check
from zoneguard.checks._settings import managed
from zoneguard.model.device import Device
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.settings import Software
from zoneguard.model.text import N_, Text

ENDED = {
    ("FortiOS", "5"): date(2020, 10, 1),
    ("FortiOS", "6.0"): date(2022, 9, 29),
    ("FortiOS", "6.2"): date(2023, 9, 28),
    ("FortiOS", "6.4"): date(2024, 9, 30),
    ("FortiOS", "7.0"): date(2025, 9, 30),
    ("PAN-OS", "7.1"): date(2020, 6, 30),
    ("PAN-OS", "8.0"): date(2019, 10, 31),
    ("PAN-OS", "9.0"): date(2022, 3, 1),
    ("PAN-OS", "9.1"): date(2024, 6, 30),
    ("PAN-OS", "10.0"): date(2022, 7, 16),
    ("PAN-OS", "11.0"): date(2024, 11, 17),
    ("Cisco IOS", "16.12"): date(2023, 7, 31),
    ("Cisco IOS", "17.1"): date(2020, 11, 21),
    ("Cisco IOS", "17.2"): date(2021, 3, 30),
    ("Cisco IOS", "17.3"): date(2024, 7, 31),
    ("Cisco IOS", "17.4"): date(2021, 11, 30),
    ("Cisco IOS", "17.5"): date(2022, 3, 31),
    ("Cisco IOS", "17.6"): date(2024, 7, 30),
    ("Cisco IOS", "17.7"): date(2022, 11, 30),
    ("Cisco IOS", "17.8"): date(2023, 4, 11),
    ("Cisco IOS", "17.10"): date(2023, 11, 30),
    ("Cisco IOS", "17.11"): date(2024, 3, 28),
}
"""Product and the beginning of its version → the last day of support (Fortinet, product life cycle, software; Palo Alto
Networks, end-of-life summary; Cisco, IOS XE, end of vulnerability and security support: releases 16 and later are IOS
XE). Where hardware made a maker support a release longer, it is not listed, or listed with the later day."""


def _run(case: Case) -> Iterator[Finding]:
    for device, software in _named(case):
        end = _end(software)
        if end is not None and end < case.project.as_of:
            message = N_(
                "{device} runs {product} {version}, whose support ended on {day}.",
                device=device.name,
                product=software.product,
                version=software.version,
                day=end.isoformat(),
            )
            fix = N_("Update to a release that the maker supports, or replace the device.")
            anchor = (software.product, software.version)
            yield managed(PLUGIN.id, PLUGIN.severity, device, message, anchor, (software.span,), fix)


def _named(case: Case) -> Iterator[tuple[Device, Software]]:
    for device in case.static.devices if case.static else ():
        if device.settings is not None and device.settings.software is not None:
            yield device, device.settings.software


def _end(software: Software) -> date | None:
    parts = software.version.split(".")
    return next(
        (ENDED[key] for n in (2, 1) if (key := (software.product, ".".join(parts[:n]))) in ENDED),
        None,
    )


def _unseen(case: Case, _: str) -> Text | None:
    """Every release that is not known to have ended: nothing here knows that it is supported."""
    known = {device.name: f"{s.product} {s.version}" for device, s in _named(case)}
    devices = case.static.devices if case.static else ()
    names = ", ".join(f"{d.name} ({known.get(d.name, '?')})" for d in devices)
    return N_("whether the software of these is supported is not known here: {devices}.", devices=names)


PLUGIN = Check(
    id="ZG136",
    name="ended-software",
    title="Network devices run software that its maker still supports",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="A weakness that is found after the end of support is never mended.",
    fix="Keep a list of devices with their releases and the days on which support ends, and update in time.",
    wants="The makers' days of end of support, release by release, confirmed by a person.",
    example="- #config-version=FGT60F-6.4.9\n+ #config-version=FGT60F-7.6.4",
    unseen=_unseen,
)
