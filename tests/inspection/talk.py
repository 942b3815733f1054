"""Conversations for tests: made of what the two sides say, or reassembled from a capture with scapy."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterable
from pathlib import Path

import pytest

from zoneguard.inspection import Conversation, Keep
from zoneguard.model.addresses import parse_address
from zoneguard.model.flows import Flow, FlowState, Segment, Stream
from zoneguard.model.spans import CaptureSpan

CORPUS = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[2] / "../shared/corpus")).resolve()
FILE = "talk.pcap"


def flow(state: FlowState = FlowState.CLOSED, sport: int = 50000, dport: int = 9, src: str = "10.0.0.1") -> Flow:
    """A TCP flow from 10.0.0.1 to 10.0.0.2."""
    span = CaptureSpan(FILE, 1, 0.0)
    return Flow(
        src=parse_address(src), dst=parse_address("10.0.0.2"), proto=6, sport=sport, dport=dport, state=state,
        opened_by="handshake", packets=(1, 1), bytes=(1, 1), payload=(1, 1), first=span, last=span, macs=((), ()),
    )  # fmt: skip


def talk(
    *turns: tuple[str, bytes], mss: int = 1000, gaps: Iterable[tuple[str, int, int]] = (),
    state: FlowState = FlowState.CLOSED, keep: Keep | None = None,
) -> Conversation:  # fmt: skip
    """A conversation of ``turns``: ``(">", bytes)`` client to server, ``("<", bytes)`` back, in order of time.

    Each turn is cut into segments of ``mss`` bytes, one a frame, from frame 1 on. ``gaps``: direction, start, end.
    """
    frame = 0
    data = {">": bytearray(), "<": bytearray()}
    segments: dict[str, list[Segment]] = {">": [], "<": []}
    for side, said in turns:
        for position in range(0, len(said), mss):
            frame += 1
            piece = said[position : position + mss]
            start = len(data[side])
            data[side] += piece
            segments[side].append(Segment(start, start + len(piece), CaptureSpan(FILE, frame, float(frame))))
    for side, start, end in gaps:
        data[side][start:end] = bytes(end - start)
        segments[side] = [s for s in segments[side] if not (s.start >= start and s.end <= end)]
    of = flow(state)
    streams = {
        side: Stream(
            of, side == ">", bytes(data[side]), tuple(segments[side]),
            gaps=tuple((a, b) for d, a, b in gaps if d == side), complete=state is not FlowState.MIDSTREAM,
        )
        for side in "><"
    }  # fmt: skip
    return Conversation(of, streams[">"], streams["<"], keep)


def client_hello(server_name: str, *protocols: str) -> bytes:
    """The first bytes of a real TLS client."""
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(protocols)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=server_name)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def capture(name: str) -> Path:
    """A capture of the external corpus, or the test is skipped."""
    path = CORPUS / "captures" / name
    if not path.exists():
        pytest.skip(f"the external corpus is not at {CORPUS}")
    return path


def conversations(name: str, keep: Keep | None = None) -> list[Conversation]:
    """The TCP conversations of a corpus capture, by a reassembly that knows no conflicts."""
    from scapy.all import IP, TCP, IPv6, PcapReader

    path = capture(name)
    found: dict[frozenset[tuple[str, int]], dict[tuple[str, int], list[tuple[int, bytes, CaptureSpan]]]] = {}
    openers: dict[frozenset[tuple[str, int]], tuple[str, int]] = {}
    isn: dict[tuple[tuple[str, int], tuple[str, int]], int] = {}
    with PcapReader(str(path)) as packets:
        for number, packet in enumerate(packets, 1):
            tcp = packet.getlayer(TCP)
            layer = tcp.underlayer if tcp is not None else None
            if not isinstance(layer, (IP, IPv6)):
                continue
            source, target = (layer.src, tcp.sport), (layer.dst, tcp.dport)
            key = frozenset((source, target))
            openers.setdefault(key, source)
            if "S" in str(tcp.flags):
                isn[source, target] = tcp.seq + 1
            length = layer.len - 4 * layer.ihl if layer.version == 4 else layer.plen
            payload = bytes(tcp.payload)[: max(0, length - 4 * tcp.dataofs)]
            if payload:
                sides = found.setdefault(key, {})
                span = CaptureSpan(str(path), number, float(packet.time))
                sides.setdefault(source, []).append((tcp.seq, payload, span))
    out = []
    for key, sides in found.items():
        client = openers[key]
        server = next(iter(key - {client}), client)
        state = FlowState.CLOSED if (client, server) in isn else FlowState.MIDSTREAM
        of = flow(state, sport=client[1], dport=server[1])
        to_server = _stream(of, True, sides.get(client, []), isn.get((client, server)))
        to_client = _stream(of, False, sides.get(server, []), isn.get((server, client)))
        out.append(Conversation(of, to_server, to_client, keep))
    return out


def _stream(of: Flow, up: bool, pieces: list[tuple[int, bytes, CaptureSpan]], first: int | None) -> Stream:
    base = first if first is not None else min((seq for seq, _, _ in pieces), default=0)
    data, segments, gaps = bytearray(), [], []
    for seq, payload, span in sorted(pieces, key=lambda p: (p[0] - base) & 0xFFFFFFFF):
        start = (seq - base) & 0xFFFFFFFF
        if start > 0x7FFFFFFF or start > len(data) + (16 << 20):
            continue
        if start > len(data):
            gaps.append((len(data), start))
            data += bytes(start - len(data))
        fresh = payload[max(0, len(data) - start) :]
        if fresh:
            segments.append(Segment(len(data), len(data) + len(fresh), span))
            data += fresh
    return Stream(of, up, bytes(data), tuple(segments), tuple(gaps))
