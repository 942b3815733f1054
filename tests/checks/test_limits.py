"""What a permit limits."""

from __future__ import annotations

import pytest

from zoneguard.checks._limits import limited
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match, both, either

TCP = In(Field.PROTO, Intervals.of(6))
WEB = In(Field.DPORT, Intervals.of(443))
LATER = In(Field.FRAGMENT, Intervals.of(1))
FIRST = In(Field.FRAGMENT, Intervals.of(0))


@pytest.mark.parametrize(
    ("match", "limits"),
    [
        (ALWAYS, set()),
        (TCP, {"protocol"}),
        (both(TCP, WEB), {"protocol", "service"}),
        (both(TCP, either(WEB, LATER)), {"protocol", "service"}),
        (both(TCP, either(WEB, ALWAYS)), {"protocol"}),
        (both(TCP, FIRST), {"protocol"}),
    ],
)
def test_later_fragments_beside_a_service_take_nothing_from_its_limits(match: Match, limits: set[str]) -> None:
    """``permit tcp any any eq 443`` of an access list also takes later fragments of any port, which open nothing."""
    assert limited(match) & {"protocol", "service"} == limits
