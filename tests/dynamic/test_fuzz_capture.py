"""The fuzz target holds on a few hundred damaged captures; CI runs it for longer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, fragment
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

from tests.dynamic.making import Talk, enhanced, ether, interface, pcap, section, udp


def target() -> ModuleType:
    path = Path(__file__).parents[2] / "fuzz" / "fuzz_capture.py"
    spec = importlib.util.spec_from_file_location("fuzz_capture", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ONE_INPUT = target().one_input
TALK = Talk().opened().said(">", b"hello").said("<", b"world").closed().packets
PARTS = fragment(IP(src="10.1.0.1", dst="10.2.0.2") / TCP(flags="PA") / bytes(90), 40)
TUNNEL = ether(udp(dport=4789) / VXLAN(vni=3, flags=8) / Ether() / Dot1Q(vlan=4) / udp())
PACKETS = [*TALK, *(ether(p) for p in PARTS), TUNNEL, ether(IP(src="1.1.1.1", dst="2.2.2.2") / GRE() / udp())]
SEEDS = [
    pcap(PACKETS),
    section() + interface() + b"".join(enhanced(p, i) for i, p in enumerate(PACKETS)),
    pcap([p[IP] for p in TALK], 101),
]


@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12), st.floats(0.2, 1)
)
def test_damaged_captures_never_break_a_promise(seed: bytes, changes: list[tuple[float, int]], end: float) -> None:
    data = bytearray(seed)
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    ONE_INPUT(bytes(data[: int(end * len(data))]))
