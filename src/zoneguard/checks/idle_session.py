"""ZG135: sessions of administrators end when nobody uses them.

A terminal or web session without input must be ended by the device, within an hour at the latest; a limit that is
switched off is a finding at its line. Where an export names no limit, the maker's own holds.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._settings import managed, silent_on, telling, unseen_of
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.settings import Topic
from zoneguard.model.text import N_

LONGEST = 3600
"""Seconds without input after which a session must be over."""


def _run(case: Case) -> Iterator[Finding]:
    for device, settings in telling(case, Topic.IDLE):
        for limit in settings.idle:
            if limit.seconds is not None and limit.seconds <= LONGEST:
                continue
            names = {"device": device.name, "way": limit.way}
            message = (
                N_("{device}: an administrator's session ({way}) that nobody uses never ends.", **names)
                if limit.seconds is None
                else N_(
                    "{device}: an administrator's session ({way}) ends only after {minutes} minutes without use.",
                    minutes=limit.seconds // 60,
                    **names,
                )
            )
            fix = N_("Set the limit to some ten minutes.")
            yield managed(PLUGIN.id, PLUGIN.severity, device, message, (limit.way,), (limit.span,), fix)


PLUGIN = Check(
    id="ZG135",
    name="idle-session",
    title="Sessions of administrators end when nobody uses them",
    severity=Severity.LOW,
    run=_run,
    needs=frozenset({"static"}),
    why="A session that was left open is open to whoever sits down there next.",
    fix="Limit the time without input on the device's lines, terminals and web pages.",
    wants="Whole exports; of devices without any, a person's word.",
    example="- exec-timeout 0 0\n+ exec-timeout 10 0",
    silent=silent_on(Topic.IDLE),
    unseen=unseen_of(Topic.IDLE),
)
