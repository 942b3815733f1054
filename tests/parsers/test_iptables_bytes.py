"""The fuzz target of the Linux parsers on bytes that hypothesis makes."""

from __future__ import annotations

from fuzz.fuzz_iptables import one_input
from hypothesis import example, given
from hypothesis import strategies as st

SEED = b"*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1:80\nCOMMIT\n"


@given(st.binary(max_size=200), st.integers(0, len(SEED)), st.integers(0, len(SEED)))
@example(b"\xff\xfe", 0, 0)
def test_any_bytes(noise: bytes, start: int, end: int) -> None:
    one_input(noise)
    one_input(SEED[:start] + noise + SEED[end:])
