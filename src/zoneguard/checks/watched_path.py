"""ZG137: what goes to the Internet is logged, and looked into for attacks and malware.

For every session that may be opened from a zone inside to the Internet, the security cloud or a local breakout, some
rule on its way must log it (aspect ``log``), look for attacks (aspect ``intrusion``), look for malware (aspect
``malware``). A way on which no rule does so breaks nothing by itself: the security cloud may watch beyond the last
device of the project. It leaves the clause undetermined, with the lines, until somebody confirms what watches there.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._rendering import deciding_lines
from zoneguard.model.crossing import Crossing
from zoneguard.model.policy import Severity
from zoneguard.model.settings import Watch
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass
from zoneguard.static.waypoints import hairpin

INSIDE = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN, ZoneClass.INTERNET, ZoneClass.DMZ, ZoneClass.SANITIZER})
BEYOND = frozenset({ZoneClass.PUBLIC, ZoneClass.SECURITY_CLOUD, ZoneClass.LOCAL_BREAKOUT})
SHOWN = 5


def _watches(case: Case) -> dict[str, list[Watch]]:
    found: dict[str, list[Watch]] = {}
    for device in case.static.devices if case.static else ():
        for watch in device.watches or ():
            found.setdefault(watch.span.file, []).append(watch)
    return found


def _leaving(case: Case) -> Iterator[Crossing]:
    zones = case.project.zones
    for crossing in case.possible:
        inside, beyond = zones[crossing.source].zone_class in INSIDE, zones[crossing.destination].zone_class in BEYOND
        if inside and beyond and not hairpin(crossing):
            yield crossing


def _is_watched(lines: tuple[SourceSpan, ...], watches: dict[str, list[Watch]], aspect: str) -> bool:
    for line in lines:
        for watch in watches.get(line.file, ()):
            does = {"log": watch.logs, "intrusion": watch.intrusion, "malware": watch.malware}[aspect]
            if does and watch.span.first <= line.first and line.last <= watch.span.last:
                return True
    return False


def _silent(case: Case, _: str) -> Text | None:
    telling = any(device.watches is not None for device in case.static.devices) if case.static else False
    if not telling:
        return N_("No export tells what its rules log and look for.")
    return None if next(_leaving(case), None) else N_("No session to the Internet may be opened by the configurations.")


def _unseen(case: Case, aspect: str) -> Text | None:
    watches = _watches(case)
    unwatched = dict.fromkeys(
        line
        for crossing in _leaving(case)
        if not _is_watched(lines := _lines(crossing), watches, aspect)
        for line in (lines or deciding_lines(crossing))
    )
    if not unwatched:
        return None
    shown = ", ".join(map(str, list(unwatched)[:SHOWN])) + (" …" if len(unwatched) > SHOWN else "")
    return {
        "log": N_("no export shows that what these lines let out to the Internet is logged: {lines}.", lines=shown),
        "intrusion": N_(
            "no export shows that what these lines let out to the Internet is watched for attacks: {lines}.",
            lines=shown,
        ),
        "malware": N_(
            "no export shows that what these lines let out to the Internet is searched for malware: {lines}.",
            lines=shown,
        ),
    }[aspect]


def _lines(crossing: Crossing) -> tuple[SourceSpan, ...]:
    return tuple(line for hop in crossing.path for line in hop.lines)


PLUGIN = Check(
    id="ZG137",
    name="watched-path",
    title="What goes to the Internet is logged, and looked into for attacks and malware",
    severity=Severity.HIGH,
    run=lambda _: (),
    aspects=frozenset({"log", "intrusion", "malware"}),
    needs=frozenset({"static"}),
    why="An attack that nobody watches for is found when the data are for sale.",
    fix="Let the rules to the Internet log, and attach profiles against intrusion and malware; or attest who watches.",
    wants="The exports of the firewalls on the way out (FortiGate, PAN-OS).",
    example="- set action accept\n+ set action accept / set utm-status enable / set ips-sensor default",
    silent=_silent,
    unseen=_unseen,
)
