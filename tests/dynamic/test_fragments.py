"""Fragments in any order, shape and bound: both stores keep and give up the same, and no frame is lost."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, IPOption
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.packet import Raw

from tests.dynamic.making import A, B, ether, look, pcap, udp
from tests.dynamic.test_cores import compare
from zoneguard.dynamic import cores, fragments
from zoneguard.dynamic._finished import Key
from zoneguard.dynamic.fragments import Fragments, Header, Piece, Store
from zoneguard.dynamic.surveying import Run, Survey

COMPILED = cores.compiled()
compiled = pytest.mark.skipif(COMPILED is None, reason="the compiled core was not built: there was no C compiler")
INNER = bytes(udp(bytes(range(120))))
PAYLOADS = {  # protocol and bytes of a datagram that is cut in pieces
    "udp": (17, bytes(UDP(sport=4000, dport=5000, len=88)) + bytes(range(80))),
    "tcp": (6, bytes(TCP(sport=4000, dport=5000, flags="PA", seq=7)) + bytes(range(60))),
    "reset": (6, bytes(TCP(sport=4000, dport=5000, flags="R", seq=7)) + bytes(range(60))),
    "ping": (1, b"\x08\x00" + bytes(70)),
    "refusal": (1, b"\x03\x01" + bytes(6) + INNER[:40] + bytes(32)),
    "ipip": (4, INNER),
    "gre": (47, bytes(GRE()) + INNER),
    "sixinside": (41, bytes(IPv6(src="fd00::5", dst="fd00::6") / UDP(sport=1, dport=2) / bytes(40))),
    "nested": (4, bytes(IP(src="10.3.0.1", dst="10.3.0.2", id=9, flags="MF") / Raw(INNER[20:92]))),
    "deeper": (4, bytes(IP(src="10.3.0.1", dst="10.3.0.2", id=9, frag=9) / Raw(INNER[92:]))),
    "vxlan": (17, bytes(UDP(sport=9, dport=4789)) + b"\x08\0\0\0\0\0\x05\0" + bytes(Ether() / INNER)),
    "other": (99, bytes(range(100))),
}
OUTSIDES = ("plain", "tagged", "tagged often", "options", "routed", "gre", "six", "six in four", "cut")


def wrapped(outside: str, name: str, number: int, start: int, more: bool, body: bytes) -> tuple[bytes, int]:
    """A frame with one fragment, and how much of it was captured."""
    proto, _ = PAYLOADS[name]
    if outside.startswith("six"):
        six = IPv6(src="fd00::1", dst="fd00::2") / IPv6ExtHdrFragment(nh=proto, id=number, offset=start // 8, m=more)
        packet = six / Raw(body)
        frame = bytes(ether(IP(src="10.8.0.1", dst="10.8.0.2", proto=41) / packet if "four" in outside else packet))
        return frame, len(frame)
    options = {"options": [IPOption(b"\x01\x01\x01\x01")], "routed": [IPOption(b"\x83\x07\x04\x0a\x09\x09\x09\x00")]}
    packet = IP(
        src=A,
        dst=B,
        id=number,
        proto=proto,
        frag=start // 8,
        flags="MF" if more else 0,
        options=options.get(outside, []),
    ) / Raw(body)
    if outside.startswith("tagged"):
        tags = Ether() / Dot1Q(vlan=3)
        for vlan in range(4, 11 if outside == "tagged often" else 4):
            tags = tags / Dot1Q(vlan=vlan)
        frame = bytes(tags / packet)
    else:
        frame = bytes(ether(IP(src="10.8.0.1", dst="10.8.0.2") / GRE() / packet if outside == "gre" else packet))
    return frame, len(frame) - (5 if outside == "cut" else 0)


def capture(steps: list[tuple[str, str, int, int, int, bool, bool, int]]) -> bytes:
    """Records of fragments: payload, outside, number of the datagram, start and end in eighths, more, lying, later."""
    out, now = bytearray(pcap([])), 1_700_000_000
    for name, outside, number, start, end, more, lying, later in steps:
        now += later
        data = PAYLOADS[name][1]
        body = data[8 * start : 8 * end if more else None]
        frame, kept = wrapped(outside, name, number, 8 * start, more, bytes(b ^ lying for b in body))
        out += struct.pack("<IIII", now, 0, kept, len(frame)) + frame[:kept]
    return bytes(out)


def surveyed(path: Path, core: cores.Core) -> tuple[Run, Survey]:
    run = Run([str(path)], core=core)
    for _ in run.batches():
        pass
    return run, run.survey()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(PAYLOADS)),
        st.sampled_from(OUTSIDES),
        st.integers(1, 3),
        st.integers(0, 12),
        st.integers(1, 14),
        st.booleans(),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([0, 0, 0, 1, 31, 100, -40]),
    ),
    max_size=30,
)
FEW = st.lists(  # of few kinds, so that they meet
    st.tuples(
        st.sampled_from(["udp", "nested", "deeper", "refusal"]),
        st.sampled_from(["plain", "tagged often"]),
        st.integers(1, 2),
        st.sampled_from([0, 3, 6, 9]),
        st.sampled_from([3, 6, 9, 12]),
        st.booleans(),
        st.sampled_from([False, False, False, False, True]),
        st.sampled_from([0, 0, 0, 0, 0, 61]),
    ),
    max_size=40,
)
BOUNDS = st.sampled_from([(4096, 32 << 20), (2, 32 << 20), (1, 300), (4096, 500)])


@compiled
@settings(max_examples=50)
@given(st.one_of(STEPS, FEW), BOUNDS, st.sampled_from([1 << 16, 3]))
def test_both_stores_agree(
    steps: list[tuple[str, str, int, int, int, bool, bool, int]], bounds: tuple[int, int], size: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "MAX_DATAGRAMS", bounds[0])
        patch.setattr(fragments, "MAX_BYTES", bounds[1])
        patch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", size)
        patch.setattr("zoneguard.dynamic.cores.MAX_BATCH", size)
        path = Path(folder) / "capture.pcap"
        path.write_bytes(capture(steps))
        (account,) = compare([str(path)]).accounts
        assert account.decoded + sum(account.skipped.values()) + sum(account.without_ip.values()) == len(steps)


@compiled
@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 60), st.integers(0, 30), st.booleans(), st.integers(0, 3)),
        max_size=60,
    ),
    st.integers(1, 400),
)
def test_stores_agree_piece_by_piece(steps: list[tuple[int, int, int, bool, int]], bound: int) -> None:
    """At any byte, not only at eighths."""
    from zoneguard.dynamic._fragments import Fragments as Compiled

    both: tuple[Fragments, Fragments] = Store(), Compiled(fragments.MAX_DATAGRAMS, 40 * bound, 50, fragments.PIECE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "MAX_BYTES", 40 * bound)
        patch.setattr(fragments, "TIMEOUT", 50)
        for now, (number, start, length, more, content) in enumerate(steps):
            key = Key(number == 3, 1 << 100, 2, number, 17, 0)
            header = Header(number == 3, 1 << 100, 2, 17, 20 + length, 20, -1, 0, 1, False)
            data, origin = bytes([content // 2]) * length, (now, 1 << 50, 2)[: 1 + content]
            piece = Piece(start, more, data, length + content % 2, (now, now, 0), origin)
            given_up = [store.overdue(now) for store in both]
            assert given_up[0] == given_up[1]
            copied = both[0].copied(key, piece)
            assert copied == both[1].copied(key, piece)
            if not copied:
                one, other = (store.add(key, header, piece) for store in both)
                assert one == other
        while (one := both[0].oldest()) is not None:
            assert one == both[1].oldest()
        assert both[1].oldest() is None


@compiled
def test_the_compiled_store_refuses_what_reaches_beyond() -> None:
    from zoneguard.dynamic._fragments import Fragments as Compiled

    store = Compiled(10, 1000, 50, 64)
    header = Header(False, 1, 2, 17, 28, 20, -1, 0, 1, False)
    for start, data, wire in ((65535, b"xx", 2), (-1, b"x", 1), (0, b"xx", 1)):
        with pytest.raises(ValueError, match="beyond"):
            store.add(Key(False, 1, 2, 3, 17, 0), header, Piece(start, True, data, wire, (0, 0, 0), (0,)))


def test_pieces_of_one_datagram_without_end_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_BYTES", 4000)
    frame, _ = wrapped("plain", "udp", 1, 16, True, bytes(range(16)))
    account = look(tmp_path, [frame] * 200).accounts[0]
    assert account.skipped == {"fragments of a datagram that never came whole": 200}
    first, _ = wrapped("plain", "udp", 1, 0, True, PAYLOADS["udp"][1][:16])
    assert len(look(tmp_path, [first] + [frame] * 200).table.flows) > 1


def test_a_repeated_piece_of_a_whole_datagram_is_no_second_one(tmp_path: Path) -> None:
    _, data = PAYLOADS["udp"]
    first, second = (wrapped("plain", "udp", 1, at, at == 0, data[at : 40 if at == 0 else None])[0] for at in (0, 40))
    seen = look(tmp_path, [first, first, second, second, first, second])
    assert [flow.packets for flow in seen.table.flows] == [(1, 0)]
    assert (seen.accounts[0].decoded, seen.accounts[0].skipped) == (6, {})
    lying = wrapped("plain", "udp", 1, 40, False, bytes(48))[0]
    seen = look(tmp_path, [first, second, lying])
    assert seen.accounts[0].skipped == {"fragments of a datagram that never came whole": 1}


@pytest.mark.parametrize("core", [core for core in (cores.NUMPY, COMPILED) if core])
def test_a_fragment_inside_of_one_that_is_given_up_is_modelled_too(core: cores.Core, tmp_path: Path) -> None:
    """Given up at the end, it brings a fragment of its own, for which an older one is given up."""
    inner = bytes(IP(src="10.3.0.1", dst="10.3.0.2", id=9, flags="MF") / Raw(bytes(48)))
    outer = bytes(ether(IP(src=A, dst=B, id=1, proto=4, flags="MF") / Raw(inner + bytes(4))))
    old = bytes(ether(IP(src=A, dst=B, id=2, proto=17, frag=4) / Raw(bytes(8))))
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([(100 * 10**9, outer), (10**9, old), (61 * 10**9 + 10**8, outer)]))
    _, seen = surveyed(path, core)
    assert sum(seen.accounts[0].skipped.values()) == 3
