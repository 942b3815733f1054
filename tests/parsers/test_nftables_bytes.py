"""The fuzz target of the parsers of nftables on bytes that hypothesis makes."""

from __future__ import annotations

from fuzz.fuzz_nftables import one_input
from hypothesis import example, given
from hypothesis import strategies as st

TEXT = b"""table inet t {
  set s { type ipv4_addr; elements = { 10.0.0.0/8, 192.0.2.1 } }
  chain f {
    type filter hook forward priority 0; policy drop;
    ip saddr @s tcp dport vmap { 22 : accept, * : drop }
  }
}
"""
IN_JSON = b"""{"nftables": [
  {"chain": {"family": "ip", "table": "t", "name": "f", "type": "nat", "hook": "prerouting", "prio": -100}},
  {"rule": {"family": "ip", "table": "t", "chain": "f", "expr": [{"dnat": {"addr": "10.0.0.1"}}]}}
]}
"""


@given(st.sampled_from([TEXT, IN_JSON]), st.binary(max_size=200), st.integers(0, 250), st.integers(0, 250))
@example(TEXT, b"\xff\xfe", 0, 0)
def test_any_bytes(seed: bytes, noise: bytes, start: int, end: int) -> None:
    one_input(noise)
    one_input(seed[:start] + noise + seed[end:])
