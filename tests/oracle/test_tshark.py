"""A second opinion on links, tags and tunnels: what tshark finds in the same frames.

Every frame holds one datagram of its own at its innermost, so that each flow is one frame's. Skipped where there is no
tshark.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.dot11 import Dot11, RadioTap
from scapy.layers.inet import IP, TCP, UDP, IPOption_RR
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting
from scapy.layers.l2 import GRE, LLC, SNAP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Dot3, Ether
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from tests.dynamic.making import ETHERNET, START, Talk, capwap, enhanced, interface, pcap, section, wireless
from zoneguard.dynamic.surveying import survey
from zoneguard.model.addresses import format_address
from zoneguard.model.flows import Flow
from zoneguard.model.packet import PROTOCOL_NAMES

TSHARK = shutil.which("tshark")
pytestmark = pytest.mark.skipif(TSHARK is None, reason="no tshark here: apt-get install tshark")

MAC = {"src": "02:00:00:00:00:0a", "dst": "02:00:00:00:00:0b"}
FOUR, SIX = {"src": "10.1.0.1", "dst": "10.2.0.2"}, {"src": "fd00::1", "dst": "fd00::2"}
OUT, OUT6 = {"src": "192.0.2.1", "dst": "192.0.2.2"}, {"src": "2001:db8::1", "dst": "2001:db8::2"}
Inner = Any
Case = tuple[int, Callable[[Inner], Any]]


def ether(build: Callable[[Inner], Any]) -> Case:
    return ETHERNET, lambda inner: Ether(**MAC) / build(inner)


def udp(port: int, *layers: Any) -> Callable[[Inner], Any]:
    def build(inner: Inner) -> Any:
        packet = IP(**OUT) / UDP(sport=50000, dport=port)
        for layer in layers:
            packet /= layer
        return packet / inner

    return build


def wrapped(head: bytes, link: int) -> Case:
    return link, lambda inner: Raw(head + bytes(inner))


def nflog(inner: Inner) -> Any:
    data = bytes(inner)
    return Raw(struct.pack(">BBH", 2, 0, 0) + struct.pack("<HH", 4 + len(data), 9) + data + bytes(-len(data) % 4))


def mac_in_mac(inner: Inner) -> Any:
    """IEEE 802.1ah: a backbone tag, a service tag, then the customer's frame."""
    return Raw(struct.pack(">HHHI", 0x88A8, 5, 0x88E7, 77) + bytes(Ether(**MAC) / inner))


def erspan(session: bytes, kind: int, flags: int) -> Callable[[Inner], Any]:
    """GRE with a sequence number (none in type I), the header of ERSPAN, and the mirrored frame."""

    def build(inner: Inner) -> Any:
        gre = struct.pack(">HH", flags, kind) + (struct.pack(">I", 1) if flags else b"")
        return IP(**OUT, proto=47) / Raw(gre + session + bytes(Ether(**MAC) / inner))

    return build


def aggregate(inner: Inner) -> bytes:
    """An 802.11 QoS data frame that holds an LLC frame without IP, then the packet."""
    out = b"\x88\x02" + bytes(22) + b"\x80\x00"
    for content in (b"\x42\x42\x03" + bytes(36), b"\xaa\xaa\x03\0\0\0\x08\0" + bytes(inner)):
        out += bytes(-len(out[26:]) % 4) + bytes.fromhex("02000000000b02000000000a")
        out += struct.pack(">H", len(content)) + content
    return out


def shim(kind: int, head: str, *frame: Any) -> Case:
    """``head``: what stands between the EtherType and the packet, or the ``frame`` that holds it."""

    def build(inner: Inner) -> Any:
        for layer in frame:
            inner = layer / inner
        return Ether(**MAC, type=kind) / Raw(bytes.fromhex(head) + bytes(inner))

    return ETHERNET, build


def capwap_wireless(control: str, flags: int = 0x100, options: str = "", v6: bool = False) -> Case:
    """802.11 on the data channel; ``control`` are the first two bytes of its frame."""

    def build(inner: Inner) -> Any:
        kind = b"\x86\xdd" if isinstance(inner, IPv6) else b"\x08\0"
        frame = wireless(inner, bytes.fromhex(control), kind, bytes(24 if "88" in control else 22))
        outer = IPv6(**OUT6) if v6 else IP(**OUT)
        return outer / UDP(sport=50000, dport=5247) / capwap(frame, flags, bytes.fromhex(options))

    return ether(build)


def l2tpv3(over: Any, session: str) -> Case:
    """An Ethernet pseudowire; ``session``: its number, then the cookie and the sublayer."""
    return ether(lambda inner: over / Raw(bytes.fromhex(session) + bytes(Ether(**MAC) / inner)))


L2TP_IP, L2TP_UDP = IP(**OUT, proto=115), IP(**OUT) / UDP(sport=1701, dport=1701) / Raw(bytes.fromhex("00030000"))
RADIO_MAC, SIGNAL = "0602000000000100", "04b0200001000000"
READ_AS = ("-d", "mpls.label==99,pwethcw", "-d", "l2tp.pw_type==0,eth", "-o", "l2tp.l2_specific:None")
TOLD: dict[str, tuple[str, ...]] = {
    "CAPWAP, 802.11": ("-o", "capwap.swap_fc:FALSE"),
    "CAPWAP, 802.11, QoS": ("-o", "capwap.swap_fc:FALSE"),
    "L2TPv3 in IP": ("-o", "l2tp.cookie_size:None"),
    "L2TPv3 in IP, cookie": ("-o", "l2tp.cookie_size:4 Byte Cookie"),
    "L2TPv3 in UDP": ("-o", "l2tp.cookie_size:None"),
    "L2TPv3 in UDP, long cookie": ("-o", "l2tp.cookie_size:8 Byte Cookie"),
    "L2TPv3 in IP, sublayer": ("-o", "l2tp.cookie_size:None", "-o", "l2tp.l2_specific:Default L2-Specific"),
    "L2TPv3 in UDP, cookie and sublayer": (
        "-o", "l2tp.cookie_size:8 Byte Cookie", "-o", "l2tp.l2_specific:Default L2-Specific",
    ),
    "L2TPv3 in IP, IPv6": ("-o", "l2tp.cookie_size:None"),
}  # fmt: skip
"""What tshark must be told beside, for it cannot be seen in the frame."""

FRAMES: dict[str, Case] = {
    "ethernet": ether(lambda inner: inner),
    "802.3 with SNAP": (
        ETHERNET,
        lambda inner: Raw(
            bytes.fromhex("02000000000b02000000000a")
            + struct.pack(">H", 8 + len(bytes(inner)))
            + b"\xaa\xaa\x03\0\0\0\x08\0"
            + bytes(inner)
        ),
    ),
    "raw": wrapped(b"", 101),
    "raw of BSD": wrapped(b"", 12),
    "IPv4": wrapped(b"", 228),
    "null": wrapped(struct.pack("<I", 2), 0),
    "loop": wrapped(struct.pack(">I", 2), 108),
    "cooked": (113, lambda inner: CookedLinux(proto=0x800) / inner),
    "cooked 2": (276, lambda inner: CookedLinuxV2(proto=0x800) / inner),
    "PPP": (9, lambda inner: HDLC() / PPP() / inner),
    "Cisco HDLC": wrapped(b"\x0f\x00\x08\x00", 104),
    "Frame Relay": wrapped(b"\x18\x41\x03\xcc", 107),
    "802.11": (105, lambda inner: Dot11(type=2, FCfield=1) / LLC() / SNAP() / inner),
    "802.11 aggregate": (105, lambda inner: Raw(aggregate(inner))),
    "radiotap": (127, lambda inner: RadioTap() / Dot11(type=2, FCfield=2) / LLC() / SNAP() / inner),
    "NFLOG": (239, nflog),
    "VLAN": ether(lambda inner: Dot1Q(vlan=5) / inner),
    "QinQ": ether(lambda inner: Dot1AD(vlan=5) / Dot1Q(vlan=6) / inner),
    "three tags": ether(lambda inner: Dot1AD(vlan=5) / Dot1Q(vlan=6) / Dot1Q(vlan=7) / inner),
    "PBB": (ETHERNET, lambda inner: Ether(**MAC, type=0x88A8) / Raw(bytes(mac_in_mac(inner))[2:])),
    "VN-Tag": (ETHERNET, lambda inner: Ether(**MAC, type=0x8926) / Raw(b"\0\x01\0\x02\x08\x00" + bytes(inner))),
    "MPLS": ether(lambda inner: MPLS(label=17, s=0, ttl=9) / MPLS(label=18, s=1, ttl=9) / inner),
    "pseudowire": ether(lambda inner: MPLS(label=99, s=1, ttl=9) / Raw(b"\0\0\0\0" + bytes(Ether(**MAC) / inner))),
    "PPPoE": ether(lambda inner: PPPoE(sessionid=9) / PPP() / inner),
    "4in4": ether(lambda inner: IP(**OUT, proto=4) / inner),
    "4in6": ether(lambda inner: IPv6(**OUT6, nh=4) / inner),
    "GRE": ether(lambda inner: IP(**OUT) / GRE() / inner),
    "GRE with key and number": ether(
        lambda inner: IP(**OUT) / GRE(key_present=1, key=4, seqnum_present=1, seqence_number=1) / inner
    ),
    "GRE in GRE": ether(lambda inner: IP(**OUT) / GRE() / IP(src="192.0.2.7", dst="192.0.2.8") / GRE() / inner),
    "NVGRE": ether(lambda inner: IP(**OUT) / GRE(key_present=1, key=0x1000, proto=0x6558) / Ether(**MAC) / inner),
    "GRE in UDP": ether(udp(4754, GRE())),
    "VXLAN": ether(udp(4789, VXLAN(vni=42, flags=8), Ether(**MAC))),
    "Geneve": ether(udp(6081, GENEVE(vni=42), Ether(**MAC))),
    "GTP-U": ether(udp(2152, GTP_U_Header(teid=7, gtp_type=255))),
    "PPTP": ether(
        lambda inner: (
            IP(**OUT, proto=47)
            / Raw(struct.pack(">HHHHI", 0x3001, 0x880B, 2 + len(bytes(inner)), 7, 1) + b"\x00\x21" + bytes(inner))
        )
    ),
    "ERSPAN I": ether(erspan(b"", 0x88BE, 0)),
    "ERSPAN II": ether(erspan(struct.pack(">HHI", 0x1005, 9, 0), 0x88BE, 0x1000)),
    "ERSPAN III": ether(erspan(struct.pack(">HHIII", 0x2005, 9, 1, 0, 0)[:12], 0x22EB, 0x1000)),
    "802.11 in GRE": ether(
        lambda inner: (
            IP(**OUT) / GRE(proto=0x8200) / Dot11(type=2, subtype=8, FCfield=1) / Raw(b"\0\0") / LLC() / SNAP() / inner
        )
    ),
    "802.11 aggregate in GRE": ether(lambda inner: IP(**OUT) / GRE(proto=0x8250) / Raw(aggregate(inner))),
    "EoIP": ether(
        lambda inner: (
            IP(**OUT, proto=47)
            / Raw(struct.pack(">HHHH", 0x2001, 0x6400, len(bytes(Ether(**MAC) / inner)), 0x2A00))
            / Ether(**MAC)
            / inner
        )
    ),
    "Ethernet in IPv6": ether(lambda inner: IPv6(**OUT6, nh=143) / Ether(**MAC) / inner),
    "EtherIP": ether(lambda inner: IP(**OUT, proto=97) / Raw(b"\x30\x00" + bytes(Ether(**MAC) / inner))),
    "MPLS in IP": ether(lambda inner: IP(**OUT, proto=137) / Raw(bytes(MPLS(label=17, s=1, ttl=9) / inner))),
    "MPLS in UDP": ether(udp(6635, MPLS(label=17, s=1, ttl=9))),
    "L2TP": ether(
        lambda inner: (
            IP(**OUT)
            / UDP(sport=1701, dport=1701)
            / Raw(struct.pack(">HHH", 0x0002, 7, 9) + b"\xff\x03\x00\x21" + bytes(inner))
        )
    ),
    "E-Tag": shim(0x893F, "2001000200000800"),
    "R-Tag": shim(0xF1C1, "000000070800"),
    "HSR": shim(0x892F, "103400010800"),
    "NSH": shim(0x894F, "0fc20201000001ff"),
    "NSH with metadata": shim(0x894F, "0fc60101000001ff" + "00" * 16),
    "NSH with a frame": shim(0x894F, "0fc20203000001ff", Ether(**MAC)),
    "NSH with MPLS": shim(0x894F, "0fc20205000001ff", MPLS(label=17, s=1, ttl=9)),
    "NSH in GRE": ether(lambda inner: IP(**OUT) / GRE(proto=0x894F) / Raw(bytes.fromhex("0fc20201000001ff")) / inner),
    "NSH in VXLAN": ether(udp(4790, Raw(bytes.fromhex("0c00000400002a00" + "0fc20203000001ff")), Ether(**MAC))),
    "VXLAN with a group": ether(udp(4789, Raw(bytes.fromhex("8848001100002a00")), Ether(**MAC))),
    "VXLAN that names Ethernet": ether(udp(4789, VXLAN(vni=42), Ether(**MAC))),
    "TRILL": shim(0x22F3, "003f00010002", Ether(**MAC)),
    "TRILL with options, tagged": shim(0x22F3, "008a00010002" + "00" * 8, Ether(**MAC) / Dot1Q(vlan=5)),
    "CAPWAP": ether(udp(5247, capwap(b""), Ether(**MAC))),
    "CAPWAP, tagged": ether(udp(5247, capwap(b""), Ether(**MAC) / Dot1Q(vlan=5))),
    "CAPWAP, 802.3": ether(
        lambda inner: (
            IP(**OUT)
            / UDP(sport=50000, dport=5247)
            / capwap(
                Dot3(**MAC, len=8 + len(bytes(inner))) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x800) / inner
            )
        )
    ),
    "CAPWAP from the controller": ether(
        lambda inner: IP(**OUT) / UDP(sport=5247, dport=50000) / capwap(Ether(**MAC) / inner)
    ),
    "CAPWAP, radio and signal": ether(udp(5247, capwap(b"", 0x30, bytes.fromhex(RADIO_MAC + SIGNAL)), Ether(**MAC))),
    "CAPWAP, 802.11": capwap_wireless("0801"),
    "CAPWAP, 802.11, QoS": capwap_wireless("8802"),
    "CAPWAP, 802.11 swapped": capwap_wireless("0108"),
    "CAPWAP, 802.11 swapped, sent again": capwap_wireless("0a08"),
    "CAPWAP, 802.11 swapped, QoS": capwap_wireless("0188"),
    "CAPWAP, 802.11 swapped, signal": capwap_wireless("0208", 0x120, SIGNAL),
    "CAPWAP, 802.11 swapped, radio and signal": capwap_wireless("0208", 0x130, RADIO_MAC + SIGNAL),
    "L2TPv3 in IP": l2tpv3(L2TP_IP, "00000007"),
    "L2TPv3 in IP, cookie": l2tpv3(L2TP_IP, "00000007c0ffee01"),
    "L2TPv3 in IP, sublayer": l2tpv3(L2TP_IP, "0000000740000001"),
    "L2TPv3 in UDP": l2tpv3(L2TP_UDP, "00000007"),
    "L2TPv3 in UDP, long cookie": l2tpv3(L2TP_UDP, "00000007c0ffee0112345678"),
    "L2TPv3 in UDP, cookie and sublayer": l2tpv3(L2TP_UDP, "00000007c0ffee011234567840000001"),
    "TZSP": ether(udp(37008, Raw(bytes.fromhex("0100000101")), Ether(**MAC))),
    "TZSP with tags": ether(udp(37008, Raw(bytes.fromhex("01000001000a01c0000c010301")), Ether(**MAC))),
    "LISP": ether(udp(4341, Raw(bytes.fromhex("8800000100002a01")))),
    "LISP without instance": ether(udp(4341, Raw(bytes.fromhex("c000000100000001")))),
    "deep": ether(
        lambda inner: (
            Dot1Q(vlan=3)
            / MPLS(label=17, s=1, ttl=9)
            / IP(**OUT)
            / UDP(sport=50000, dport=4789)
            / VXLAN(vni=7, flags=8)
            / Ether(**MAC)
            / IPv6(**OUT6)
            / GRE()
            / inner
        )
    ),
}
SIXES: dict[str, Case] = {
    "IPv6": ether(lambda inner: inner),
    "raw IPv6": wrapped(b"", 101),
    "cooked IPv6": (113, lambda inner: CookedLinux(proto=0x86DD) / inner),
    "null IPv6": wrapped(struct.pack("<I", 30), 0),
    "PPPoE IPv6": ether(lambda inner: PPPoE(sessionid=9) / PPP(proto=0x57) / inner),
    "6in4": ether(lambda inner: IP(**OUT, proto=41) / inner),
    "6in6": ether(lambda inner: IPv6(**OUT6, nh=41) / inner),
    "Teredo": ether(
        lambda inner: (
            IP(**OUT)
            / UDP(sport=50000, dport=3544)
            / Raw(bytes(IPv6(src="2001:0:102:304::1", dst="fd00::2") / inner.payload))
        )
    ),
    "E-Tag IPv6": shim(0x893F, "20010002000086dd"),
    "R-Tag IPv6": shim(0xF1C1, "0000000786dd"),
    "NSH IPv6": shim(0x894F, "0fc20202000001ff"),
    "TRILL IPv6": shim(0x22F3, "003f00010002", Ether(**MAC)),
    "CAPWAP IPv6": ether(udp(5247, capwap(b""), Ether(**MAC))),
    "CAPWAP IPv6, 802.11 swapped": capwap_wireless("0108", v6=True),
    "CAPWAP IPv6, UDP-Lite": ether(
        lambda inner: (
            IPv6(**OUT6, nh=136) / Raw(struct.pack(">HHHH", 50000, 5247, 8, 0)) / capwap(b"") / Ether(**MAC) / inner
        )
    ),
    "L2TPv3 in IP, IPv6": l2tpv3(IPv6(**OUT6, nh=115), "00000007"),
    "LISP IPv6": ether(udp(4341, Raw(bytes(8)))),
    "GTP-U IPv6": ether(udp(2152, GTP_U_Header(teid=7, gtp_type=255))),
}
HEADERS: dict[str, Any] = {
    "options": IP(**FOUR, options=[IPOption_RR(routers=["10.9.9.9"])]),
    "hop by hop": IPv6(**SIX) / IPv6ExtHdrHopByHop(),
    "destination options": IPv6(**SIX) / IPv6ExtHdrDestOpt(),
    "routing": IPv6(**SIX) / IPv6ExtHdrRouting(segleft=0, addresses=["fd00::9"]),
    "several": IPv6(**SIX) / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting(segleft=0, addresses=[]),
    "a fragment that is all": IPv6(**SIX) / IPv6ExtHdrFragment(m=0, offset=0),
}


def frames() -> list[tuple[str, int, bytes]]:
    """Name, link type and bytes of every case; the innermost source port is 20000 and the position."""
    out: list[tuple[str, int, bytes]] = []
    for cases, layer in ((FRAMES, IP(**FOUR)), (SIXES, IPv6(**SIX))):
        for name, (link, build) in cases.items():
            for proto in (UDP, TCP):
                ports = {"sport": 20000 + len(out), "dport": 7777}
                out.append((f"{name}, {proto.__name__}", link, bytes(build(layer / proto(**ports) / b"hello"))))
    for name, layer in HEADERS.items():
        out.append((name, ETHERNET, bytes(Ether(**MAC) / layer / UDP(sport=20000 + len(out), dport=7777) / b"hello")))
    return out


Seen = tuple[str, str, int, str, int]


def by_tshark(file: Path, *more: str) -> list[Seen]:
    """The innermost addresses, protocol and ports of each frame."""
    fields = ("frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "udp.srcport", "udp.dstport",
              "tcp.srcport", "tcp.dstport")  # fmt: skip
    call = [TSHARK or "", "-n", "-r", str(file), "-T", "fields", "-E", "occurrence=l", *more]
    for field in fields:
        call += ["-e", field]
    said = subprocess.run(call, capture_output=True, text=True, timeout=120, check=True).stdout
    return [_innermost(line.split("\t")) for line in said.splitlines()]


def _innermost(columns: list[str]) -> Seen:
    protocols, *values = columns
    layers = protocols.split(":")
    six = max((at for at, layer in enumerate(layers) if layer in ("ip", "ipv6")), default=0)
    src, dst = values[2:4] if layers[six] == "ipv6" else values[:2]
    tcp = max((at for at, layer in enumerate(layers) if layer in ("tcp", "udp")), default=0)
    sport, dport = values[6:] if layers[tcp] == "tcp" else values[4:6]
    return src, dst, int(sport or 0), layers[tcp], int(dport or 0)


@cache
def opinions(folder: Path) -> tuple[list[Seen], dict[int, Flow]]:
    """What tshark and what zoneguard say of each frame; frames count from 1."""
    made = frames()
    links = sorted({link for _, link, _ in made})
    file = folder / "layers.pcapng"
    blocks = [section(), *(interface(link) for link in links)]
    blocks += [enhanced(frame, START // 1000 + at, links.index(link)) for at, (_, link, frame) in enumerate(made)]
    file.write_bytes(b"".join(blocks))
    innermost: dict[int, Flow] = {}
    for flow in survey([str(file)]).table.flows:
        known = innermost.get(flow.first.frame)
        if known is None or len(flow.tunnel) > len(known.tunnel):
            innermost[flow.first.frame] = flow
    said = {told: by_tshark(file, *READ_AS, *told) for told in {(), *TOLD.values()}}
    return [said[TOLD.get(name.rpartition(", ")[0], ())][at] for at, (name, _, _) in enumerate(made)], innermost


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tshark")


@pytest.mark.parametrize(("at", "name"), [(at, name) for at, (name, _, _) in enumerate(frames())])
def test_both_find_the_same_datagram(at: int, name: str, folder: Path) -> None:
    theirs, ours = opinions(folder)
    flow = ours[at + 1]
    proto = PROTOCOL_NAMES[flow.proto]
    assert (format_address(flow.src), format_address(flow.dst), flow.sport, proto, flow.dport) == theirs[at]
    assert (flow.packets, flow.payload, flow.sport) == ((1, 0), (5, 0), 20000 + at)


def test_both_count_the_same_packets_of_each_conversation(tmp_path: Path) -> None:
    talks = [Talk(sport=40000 + n).opened().said(">", b"x" * n).said("<", b"y").closed() for n in range(4)]
    talks.append(Talk(sport=40010).opened())
    file = tmp_path / "talks.pcap"
    file.write_bytes(pcap([packet for talk in talks for packet in talk.packets]))
    said = subprocess.run(
        [TSHARK or "", "-n", "-q", "-r", str(file), "-z", "conv,tcp"],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    theirs = {}
    for line in said.splitlines():
        columns = line.split()
        if "<->" in columns:
            a, b, numbers = columns[0], columns[2], [int(word) for word in columns[3:] if word.isdigit()]
            theirs[a, b] = (numbers[2], numbers[0])  # frames to the right, frames to the left
    ours = {
        (f"{format_address(f.src)}:{f.sport}", f"{format_address(f.dst)}:{f.dport}"): f.packets
        for f in survey([str(file)]).table.flows
    }
    assert len(ours) == 5
    assert ours == theirs
