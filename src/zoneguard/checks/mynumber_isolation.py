"""ZG101: the My Number zone talks to no other zone.

Every session that may be opened, and every flow that was answered or arrived, with one end in a zone of class
``mynumber`` and the other in any other zone, is compared with ``allow`` and the exception register. What no row covers
is a violation; where it comes of an exception that is built too wide, ZG104 says so as well. So are hosts of both on
one subnet; where both lie beyond one interface otherwise, what keeps them apart there is not known: undetermined. So is
what a host hands on that the project declares with addresses in both. So is a session between the zone
and an address that no zone holds, and a subnet on its wire that no zone names.

A flow that was captured in the zone, was answered and has at neither end an address that the plan knows, as IPv6 where
the plan has IPv4 alone, is one of a device of which nobody can say where it stands: undetermined, too.

Content that went out in the midst of a TCP session, of which a capture holds neither the beginning nor an answer, may
have arrived: undetermined.

Traffic of a zone that is to be kept apart, captured on the wire of this one though it neither comes from it nor goes to
it, shows that the two are joined, or that the capture was taken elsewhere: undetermined.

An allowed session with a proxy (HTTP CONNECT, SOCKS) that was asked to go on to a host of another zone counts as one to
that host; where the host is given by its name, its zone is not known: undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._foreign import sharing, strangers
from zoneguard.checks._policy import isolates
from zoneguard.checks._proxied import proxied
from zoneguard.checks._shown import undecided_by_captures
from zoneguard.checks._undeclared import undeclared
from zoneguard.checks._unplanned import unplanned
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.text import Text
from zoneguard.model.zones import ZoneClass

INSIDE = frozenset({ZoneClass.MYNUMBER})


def _run(case: Case) -> Iterator[Finding]:
    yield from undeclared(case, PLUGIN.id, PLUGIN.severity, isolates)
    yield from unplanned(case, PLUGIN.id, PLUGIN.severity, ZoneClass.MYNUMBER)
    yield from strangers(case, PLUGIN.id, PLUGIN.severity, INSIDE)
    yield from sharing(case, PLUGIN.id, PLUGIN.severity, isolates, INSIDE)
    yield from proxied(case, PLUGIN.id, PLUGIN.severity, isolates)


def _unseen(case: Case, _aspect: str) -> Text | None:
    return undecided_by_captures(case, INSIDE)


PLUGIN = Check(
    id="ZG101",
    name="mynumber-isolation",
    title="The My Number zone is cut off from every other zone",
    severity=Severity.CRITICAL,
    run=_run,
    by_zone=True,
    why="Resident, tax and welfare records are safe from an intruder elsewhere only while no path leads to them.",
    fix="Remove the rule or route, or register the connection as an exception: host to host, one service, MAC-bound.",
    example="- -A FORWARD -s 10.10.0.0/16 -d 10.20.0.0/16 -j ACCEPT",
    unseen=_unseen,
)
