"""Columns of numbers as texts: addresses, times and community ids, of all rows at once."""

from __future__ import annotations

from binascii import b2a_base64
from functools import cache
from importlib import import_module

import numpy as np

from zoneguard.dynamic.columns import I64, Bool, Column
from zoneguard.dynamic.communityid import ICMP, ICMPV6, WITH_PORTS, icmp_ports
from zoneguard.dynamic.oriented import Oriented
from zoneguard.dynamic.placing import Addresses
from zoneguard.model.addresses import V6, format_address

GROUPS = 8
_MAPPED = 0xFFFF  # in front of an IPv4 address within IPv6


def addresses(some: Addresses, form: str = "%s") -> list[str]:
    """The usual texts, each put into ``form``."""
    texts = np.empty(len(some), object)
    four, six = np.flatnonzero(~some.v6), np.flatnonzero(some.v6)
    octets = some.low[four].astype(">u8").view(np.uint8).reshape(-1, 8)[:, 4:]
    texts[four] = list(map((form % "%d.%d.%d.%d").__mod__, zip(*octets.T.tolist(), strict=True)))
    if len(six):
        texts[six] = _six(some.take(six), form)
    found: list[str] = texts.tolist()
    return found


def _six(some: Addresses, form: str) -> Column:
    """IPv6 addresses: those with zeros at the same places at once."""
    texts = np.empty(len(some), object)
    groups = np.stack([some.high, some.low], axis=1).astype(">u8").view(">u2").reshape(-1, GROUPS)
    zeros = np.packbits(groups == 0, axis=1)[:, 0]
    for pattern in np.unique(zeros).tolist():
        which = np.flatnonzero(zeros == pattern)
        shape, kept = _shape(pattern)
        texts[which] = list(map((form % shape).__mod__, map(tuple, groups[which][:, kept].tolist())))
    for at in np.flatnonzero((some.high == 0) & (some.low >> np.uint64(32) == _MAPPED)).tolist():
        texts[at] = form % format_address(V6 + int(some.low[at]))
    return texts


@cache
def _shape(zeros: int) -> tuple[str, list[int]]:
    """How an address is written whose groups are zero where the bits are, the first group the highest; and of which
    groups: the first of the longest stretches of at least two zeros is left out."""
    stretches = [
        (end - begin, -begin)
        for begin in range(GROUPS)
        for end in range(begin + 2, GROUPS + 1)
        if all(zeros >> GROUPS - 1 - group & 1 for group in range(begin, end))
    ]
    length, place = max(stretches, default=(0, -GROUPS))
    before, after = -place, GROUPS + place - length
    text = ":".join(["%x"] * before) + ("::" if length else "") + ":".join(["%x"] * after)
    return text, [*range(before), *range(GROUPS - after, GROUPS)]


def times(nanoseconds: I64, form: str = "%s") -> list[str]:
    """ISO 8601 in UTC with microseconds, as ``datetime`` rounds them."""
    part, whole = np.modf(nanoseconds / 1e9)
    part = np.rint(part * 1e6)
    carried = np.floor_divide(part, 1e6)
    second, which = np.unique((whole + carried).astype("datetime64[s]"), return_inverse=True)
    seconds = np.datetime_as_string(second).astype(object)[which].tolist()
    return list(map((form % "%s.%06dZ").__mod__, zip(seconds, (part - 1e6 * carried).tolist(), strict=True)))


def community_ids(flows: Oriented, form: str = "%s") -> list[str]:
    """``communityid.community_id`` of each flow."""
    src, dst = flows.src, flows.dst
    sport, dport, oneway = _ports(flows)
    same = (src.high == dst.high) & (src.low == dst.low)
    behind = (src.high > dst.high) | ((src.high == dst.high) & (src.low > dst.low)) | (same & (sport > dport))
    turned = behind & ~oneway
    a, b = (Addresses(src.v6, *(np.where(turned, *pair) for pair in pairs)) for pairs in _ways(src, dst))
    p, q = np.where(turned, dport, sport), np.where(turned, sport, dport)
    ported = np.isin(flows.proto, [*WITH_PORTS, ICMP, ICMPV6])
    hashed: list[bytes] = [b""] * len(src)
    for family in (False, True):
        for with_ports in (False, True):
            which = np.flatnonzero((src.v6 == family) & (ported == with_ports))
            record = np.zeros(len(which), _record(family, with_ports))
            record["a"], record["b"] = (_bytes(end.take(which), family) for end in (a, b))
            record["proto"] = flows.proto[which]
            if with_ports:
                record["p"], record["q"] = p[which], q[which]
            size, data = record.itemsize, record.tobytes()
            for at, begin in zip(which.tolist(), range(0, len(data), size), strict=True):
                hashed[at] = data[begin : begin + size]
    sha1 = import_module("hashlib").sha1  # a flow table does not need OpenSSL
    form = form % "1:%s"
    return [form % b2a_base64(sha1(one, usedforsecurity=False).digest(), newline=False).decode() for one in hashed]


def _ways(src: Addresses, dst: Addresses) -> tuple[tuple[tuple[Column, Column], ...], ...]:
    """Of both ends their halves, turned and as they are."""
    return ((dst.high, src.high), (dst.low, src.low)), ((src.high, dst.high), (src.low, dst.low))


@cache
def _record(family: bool, with_ports: bool) -> np.dtype[np.void]:
    """What is hashed; the seed is zero."""
    address = (">u8", (2,)) if family else (">u4",)
    fields = [("seed", ">u2"), ("a", *address), ("b", *address), ("proto", "u1"), ("zero", "u1")]
    return np.dtype([*fields, *([("p", ">u2"), ("q", ">u2")] if with_ports else [])])


def _bytes(ends: Addresses, family: bool) -> Column:
    return np.stack([ends.high, ends.low], axis=1) if family else ends.low


def _ports(flows: Oriented) -> tuple[Column, Column, Bool]:
    """``communityid.icmp_ports`` where there are such, else the ports."""
    sport, dport, oneway = flows.sport.copy(), flows.dport.copy(), np.zeros(len(flows), np.bool_)
    for proto in (ICMP, ICMPV6):
        which = np.flatnonzero(flows.proto == proto)
        kinds, inverse = np.unique(flows.icmp[which], return_inverse=True)
        told = np.array([icmp_ports(proto, kind >> 8, kind & 0xFF) for kind in kinds.tolist()], np.uint16)
        sport[which], dport[which], oneway[which] = told.reshape(-1, 3)[inverse].T
    return sport, dport, oneway
