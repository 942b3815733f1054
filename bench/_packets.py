"""A capture of small packets in many flows, the same bytes each time."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

CHUNK = 1 << 18
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)
V4, V6 = 16 + 14 + 20, 16 + 14 + 40  # where the transport header begins in a record


def write(path: Path, packets: int, flows: int) -> None:
    """Write ``packets`` frames of 60 to 100 bytes in ``flows`` flows: a fifth IPv6, seven tenths TCP, the rest UDP.

    Each flow has its first packet early and the others near it, in both directions, each where the last one ended.
    """
    rng = np.random.default_rng(2)
    ends = rng.integers(0, 1 << 32, (flows, 2), np.uint32) & np.uint32(0x0001FFFF)
    ends |= np.array([0x0A000000, 0xAC100000], np.uint32)  # 10.0.0.0/15 and 172.16.0.0/15
    ports = np.stack([np.arange(flows) % 60000 + 1024, rng.choice([25, 53, 80, 443, 445], flows)], axis=1)
    six, tcp = rng.random(flows) < 0.2, rng.random(flows) < 0.7
    flow = np.concatenate([np.arange(flows), rng.integers(0, flows, packets - flows)])
    flow = flow[np.argsort(flow + rng.random(packets) * flows * 0.1, kind="stable")]
    fresh = np.zeros(packets, np.bool_)
    fresh[np.unique(flow, return_index=True)[1]] = True
    turned = (rng.random(packets) < 0.5) & ~fresh
    sizes = rng.integers(76, 101, packets)
    payload = sizes - np.where(six, 74, 54)[flow]  # of TCP
    by_side = np.argsort(flow * 2 + turned, kind="stable")
    sent = np.cumsum(payload[by_side]) - payload[by_side]
    begins = np.diff((flow * 2 + turned)[by_side], prepend=-1) != 0
    sequence = np.empty(packets, np.int64)
    sequence[by_side] = sent - sent[begins][np.cumsum(begins) - 1] + (~begins & ~turned[by_side])  # a SYN counts one
    with path.open("wb") as out:
        out.write(HEADER)
        for first in range(0, packets, CHUNK):
            part = slice(first, first + CHUNK)
            some = flow[part]
            places = np.arange(len(some)) + first
            columns = (ends[some], ports[some], six[some], tcp[some], fresh[part], turned[part], sizes[part], places)
            out.write(_records(*columns, sequence[part]))


def _records(
    ends: np.ndarray, ports: np.ndarray, six: np.ndarray, tcp: np.ndarray, fresh: np.ndarray, turned: np.ndarray,
    sizes: np.ndarray, places: np.ndarray, sequence: np.ndarray,
) -> bytes:  # fmt: skip
    count = len(sizes)
    table = np.zeros((count, 116), np.uint8)

    def put(at: int, kind: str, values: np.ndarray | int, which: np.ndarray | slice = slice(None)) -> None:
        raw = np.broadcast_to(np.asarray(values).astype(kind), (len(table[which]),)).copy()
        table[which, at : at + raw.itemsize] = raw.view(np.uint8).reshape(-1, raw.itemsize)

    source, target = (np.where(turned, ends[:, 1 - side], ends[:, side]) for side in (0, 1))
    sport, dport = (np.where(turned, ports[:, 1 - side], ports[:, side]) for side in (0, 1))
    put(0, "<u4", 1_700_000_000 + places // 50_000)
    put(4, "<u4", places % 50_000 * 20)
    put(8, "<u4", sizes)
    put(12, "<u4", sizes)
    put(16, ">u8", 0x0200000000020200)
    put(28, ">u2", np.where(six, 0x86DD, 0x0800))
    proto = np.where(tcp, 6, 17)
    for which, transport in ((np.flatnonzero(~six), V4), (np.flatnonzero(six), V6)):
        wide = transport == V6
        put(30, ">u2", 0x6000 if wide else 0x4500, which)
        put(34 if wide else 32, ">u2", sizes[which] - (54 if wide else 14), which)
        put(36 if wide else 39, "u1", proto[which], which)
        if wide:
            put(38, "u1", 0xFD, which)
            put(54, "u1", 0xFD, which)
        put(50 if wide else 42, ">u4", source[which], which)
        put(66 if wide else 46, ">u4", target[which], which)
        put(transport, ">u2", sport[which], which)
        put(transport + 2, ">u2", dport[which], which)
        segments, datagrams = which[tcp[which]], which[~tcp[which]]
        put(transport + 4, ">u4", sequence[segments], segments)
        put(transport + 12, ">u2", np.where(fresh[segments], 0x5002, 0x5010), segments)
        put(transport + 4, ">u2", sizes[datagrams] - (transport - 16), datagrams)
    return table[np.arange(116) < (sizes + 16)[:, None]].tobytes()
