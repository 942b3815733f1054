"""ZG131: every network device sends its log to a log server.

A log that stays in the device is short, and the first thing that an intruder there wipes. The export of each device
must name a log server, and one by an address outside the municipality does not count. Devices whose exports do not tell
(a ruleset alone, for one) leave the clause undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import OUTSIDE, class_of
from zoneguard.checks._settings import managed, silent_on, telling, unseen_of
from zoneguard.model.addresses import parse_address
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.settings import Server, Topic
from zoneguard.model.text import N_


def _run(case: Case) -> Iterator[Finding]:
    for device, settings in telling(case, Topic.LOGS):
        if not settings.logs:
            message = N_("{device} sends its log to no log server.", device=device.name)
            fix = N_("Enter a log server on the device (syslog), and keep what it takes.")
            yield managed(PLUGIN.id, PLUGIN.severity, device, message, ("none",), (), fix)
        for server in settings.logs:
            if _is_outside(case, server):
                message = N_(
                    "{device} sends its log outside, to {server}, readably.", device=device.name, server=server.name
                )
                fix = N_("Send the log to a server inside, by a way of its own.")
                yield managed(
                    PLUGIN.id, PLUGIN.severity, device, message, ("outside", server.name), (server.span,), fix
                )


def _is_outside(case: Case, server: Server) -> bool:
    try:
        return class_of(case, parse_address(server.name)) in OUTSIDE
    except ValueError:
        return False  # a name: where it leads is not known


PLUGIN = Check(
    id="ZG131",
    name="log-server",
    title="Network devices send their logs to a log server",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="After an incident the log is all there is to tell what happened; on the device itself it does not last.",
    fix="Name a log server on each device, and let it keep the logs as long as the policy says.",
    wants="Whole exports; of devices without any, a person's word.",
    example="- no logging host\n+ logging host 10.90.0.14",
    silent=silent_on(Topic.LOGS),
    unseen=unseen_of(Topic.LOGS),
)
