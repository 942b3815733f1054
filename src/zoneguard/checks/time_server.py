"""ZG132: every network device takes its time from a time server.

Logs of devices whose clocks differ cannot be put together. The export of each device must name a time server (NTP,
SNTP, or a schedule that asks one). Where the time comes from is ZG205's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._settings import managed, silent_on, telling, unseen_of
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.settings import Topic
from zoneguard.model.text import N_


def _run(case: Case) -> Iterator[Finding]:
    for device, settings in telling(case, Topic.TIME):
        if not settings.times:
            message = N_("{device} takes its time from no time server.", device=device.name)
            fix = N_("Enter the time server inside on the device.")
            yield managed(PLUGIN.id, PLUGIN.severity, device, message, (), (), fix)


PLUGIN = Check(
    id="ZG132",
    name="time-server",
    title="Network devices take their time from a time server",
    severity=Severity.LOW,
    run=_run,
    needs=frozenset({"static"}),
    why="A log with a wrong time cannot be put beside any other, and proves little.",
    fix="Name a time server inside on each device.",
    wants="Whole exports; of devices without any, a person's word.",
    example="- no ntp server\n+ ntp server 10.90.0.123",
    silent=silent_on(Topic.TIME),
    unseen=unseen_of(Topic.TIME),
)
