"""ZG103: between the other zones, only declared traffic passes.

The same comparison as ZG101 and ZG102 for every remaining ordered pair of zones: sanitizer legs, management, closed
external networks, the Internet zone and its uplink.

Content that went out in the midst of a TCP session, of which a capture holds neither the beginning nor an answer, may
have arrived: undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import kept_apart
from zoneguard.checks._shown import undecided_by_captures
from zoneguard.checks._undeclared import undeclared
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.text import Text
from zoneguard.model.zones import ZoneClass

ASKED = frozenset(ZoneClass) - {ZoneClass.PUBLIC, ZoneClass.OUT_OF_SCOPE, ZoneClass.OTHER}


def _pairs(source: ZoneClass, destination: ZoneClass) -> bool:
    return not kept_apart(source, destination)


def _run(case: Case) -> Iterator[Finding]:
    yield from undeclared(case, PLUGIN.id, PLUGIN.severity, _pairs)


def _unseen(case: Case, _aspect: str) -> Text | None:
    return undecided_by_captures(case, ASKED)


PLUGIN = Check(
    id="ZG103",
    name="undeclared-crossing",
    title="Only declared traffic passes between zones",
    severity=Severity.HIGH,
    run=_run,
    by_zone=True,
    why="A permit that nobody declared is one that nobody reviews.",
    fix="Remove the rule, or declare the traffic in allow with its purpose.",
    unseen=_unseen,
    example=(
        "- access-list 110 permit ip any 10.40.0.0 0.0.0.255\n"
        "+ access-list 110 permit tcp host 10.30.10.10 host 10.40.0.10 eq 25"
    ),
)
