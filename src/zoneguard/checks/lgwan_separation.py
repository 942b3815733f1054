"""ZG102: the LGWAN zone is separated from the Internet side.

Every session that may be opened, and every flow that was answered or arrived, between a zone of class ``lgwan`` and a
zone of the Internet side (``internet``, ``public``, ``security-cloud``, ``dmz``, ``guest``, ``local-breakout``) is
compared with ``allow`` and the exception register. What no row covers is a violation. Flows to hosts of screen
transfer are left to ZG202. Hosts of both on one subnet are a violation too; where both lie beyond one interface
otherwise, what keeps them apart there is not known: undetermined. So is what a host hands on that the project declares
with addresses in both, unless it is one of a sanitizer. So is a session between the zone and an address
that no zone holds, and a subnet on its wire that no zone names.

A flow that was captured in the zone, was answered and has at neither end an address that the plan knows, as IPv6 where
the plan has IPv4 alone, is one of a device of which nobody can say where it stands: undetermined, too.

Content that went out in the midst of a TCP session, of which a capture holds neither the beginning nor an answer, may
have arrived: undetermined.

Traffic of a zone that is to be kept apart, captured on the wire of this one though it neither comes from it nor goes to
it, shows that the two are joined, or that the capture was taken elsewhere: undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._foreign import sharing, strangers
from zoneguard.checks._policy import separates
from zoneguard.checks._shown import undecided_by_captures
from zoneguard.checks._undeclared import undeclared
from zoneguard.checks._unplanned import unplanned
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.text import Text
from zoneguard.model.zones import ZoneClass

INSIDE = frozenset({ZoneClass.LGWAN})


def _run(case: Case) -> Iterator[Finding]:
    yield from undeclared(case, PLUGIN.id, PLUGIN.severity, separates)
    yield from unplanned(case, PLUGIN.id, PLUGIN.severity, ZoneClass.LGWAN)
    yield from strangers(case, PLUGIN.id, PLUGIN.severity, INSIDE)
    yield from sharing(case, PLUGIN.id, PLUGIN.severity, separates, INSIDE)


def _unseen(case: Case, _aspect: str) -> Text | None:
    return undecided_by_captures(case, INSIDE)


PLUGIN = Check(
    id="ZG102",
    name="lgwan-separation",
    title="The LGWAN zone is separated from the Internet side",
    severity=Severity.CRITICAL,
    run=_run,
    by_zone=True,
    why="Malware and leaks travel over any path between the two that is not sanitized.",
    fix="Let content in through a declared sanitizer only, and remove every other permit between the two.",
    example=(
        '- set srcintf "lgwan"\n'
        '- set dstintf "internet"\n'
        '- set service "ALL"\n'
        "- set action accept\n"
        "+ from: lgwan, to: vdi-sbc, services: [tcp/8443]"
    ),
    unseen=_unseen,
)
