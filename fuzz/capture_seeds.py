"""Write the seed corpus of ``fuzz_capture``: ``python -m fuzz.capture_seeds FOLDER``.

A capture of every tunnel and every link, fragments in everything, frames in pieces, a connection, as pcap and pcapng;
and the shipped captures.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scapy.layers.inet import IP, UDP, fragment

from tests.dynamic.making import ETHERNET, RAW, Talk, enhanced, ether, interface, pcap, section, udp
from tests.dynamic.test_capwap import FRAME, torn
from tests.dynamic.test_fragments import OUTSIDES, PAYLOADS, wrapped
from tests.dynamic.test_links import LINKS
from tests.dynamic.test_tunnels import TUNNELS

TOPOLOGIES = Path(__file__).parents[1] / "topologies"


def captures() -> list[tuple[int, list[bytes]]]:
    """Link type and frames of each seed."""
    talk = Talk().opened().said(">", b"EHLO a\r\n").said("<", b"250 b\r\n").closed().packets
    pieces = fragment(IP(src="10.1.0.1", dst="10.2.0.2") / UDP(sport=1, dport=2) / bytes(90), 40)
    found = [(link, [frame]) for link, frame in LINKS.values()]
    found += [(ETHERNET, [bytes(ether(packet)), bytes(ether(udp()))]) for packet, _ in TUNNELS.values()]
    found += [(ETHERNET, [bytes(p) for p in talk]), (RAW, [bytes(p) for p in (*pieces, pieces[0])])]
    found += [(ETHERNET, in_pieces(outside)) for outside in OUTSIDES]
    found.append((ETHERNET, [bytes(piece) for piece in (*torn(bytes(FRAME), 7), *torn(bytes(FRAME), 8)[1:])]))
    return found


def in_pieces(outside: str) -> list[bytes]:
    """Every kind of datagram in two pieces, the last one first, and one piece without its other."""
    frames = []
    for number, (name, (_, data)) in enumerate(PAYLOADS.items()):
        frames.append(wrapped(outside, name, number, 32, False, data[32:])[0])
        frames.append(wrapped(outside, name, number, 0, True, data[:32])[0])
    return [*frames, wrapped(outside, "ipip", 99, 0, True, PAYLOADS["ipip"][1][:64])[0]]


def main(folder: Path) -> None:
    """Write each seed under its number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (link, frames) in enumerate(captures()):
        (folder / f"{number}.pcap").write_bytes(pcap(frames, link))
        blocks = b"".join(enhanced(frame, i) for i, frame in enumerate(frames))
        (folder / f"{number}.pcapng").write_bytes(section() + interface(link) + blocks)
    for shipped in TOPOLOGIES.glob("*/captures/*.pcap"):
        (folder / f"{shipped.parents[1].name}-{shipped.name}").write_bytes(shipped.read_bytes()[:8192])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
