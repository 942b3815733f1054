"""NAT as exact images of packet sets, with the packet as it was sent kept beside."""

from __future__ import annotations

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import EgressAddress, IngressAddress, Interface, KeepHost, NatRule, Rewrite, SetTo, Shift
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet

ONE, ZERO = Intervals.of(1), Intervals.of(0)
ADDRESSES_OF = {4: ALL_V4, 6: ALL_V6}


def translate(
    packets: PacketSet, rule: NatRule, field: Field, ingress: Interface, egress: Interface | None
) -> PacketSet:
    """The image of ``packets`` (all matching ``rule``). ``field``: ``DST`` before routing, ``SRC`` after it."""
    if not rule.rewrites or not packets:
        return packets
    result = _remember_source(packets) if field is Field.SRC else _remember_destination(packets)
    for rewrite in rule.rewrites:
        result = _rewrite(result, rewrite, ingress, egress)
    return result


def _rewrite(packets: PacketSet, rewrite: Rewrite, ingress: Interface, egress: Interface | None) -> PacketSet:
    if isinstance(rewrite, SetTo):
        return packets.set_to(rewrite.field, rewrite.values)
    if isinstance(rewrite, Shift):
        delta = rewrite.delta
        return packets.move(rewrite.field, None, lambda value: value + delta)
    if isinstance(rewrite, KeepHost):
        return _keep_host(packets, rewrite)
    if isinstance(rewrite, EgressAddress):
        return _to_interface(packets, Field.SRC, egress)
    assert isinstance(rewrite, IngressAddress)
    return _to_interface(packets, Field.DST, ingress)


def _to_interface(packets: PacketSet, field: Field, interface: Interface | None) -> PacketSet:
    own = Intervals.of(*(a.address for a in interface.addresses)) if interface else Intervals()
    out = []
    for family in ADDRESSES_OF.values():
        part = packets & packets.space.field(field, family)
        # An address that the export does not tell (DHCP, PPP) could be any of its family.
        out.append(part.set_to(field, own & family or family))
    return packets.space.union(*out)


def _keep_host(packets: PacketSet, rewrite: KeepHost) -> PacketSet:
    size = 1 << rewrite.host_bits
    network = rewrite.network & ~(size - 1)
    out = []
    for low, high in packets.project(rewrite.field).spans:
        for block in range(low & ~(size - 1), high + 1, size):
            values = Intervals.span(max(low, block), min(high, block + size - 1))
            part = packets & packets.space.field(rewrite.field, values)
            out.append(part.move(rewrite.field, None, lambda value: network | value & (size - 1)))
    return packets.space.union(*out)


def _remember_source(packets: PacketSet) -> PacketSet:
    space = packets.space
    changed = space.field(Field.SRC_CHANGED, ONE)
    fresh = (packets - changed).set_to(Field.SRC_CHANGED, ONE).move(Field.SRC, Field.SENT_SRC, _same)
    return packets & changed | fresh


def _remember_destination(packets: PacketSet) -> PacketSet:
    """Also what the device itself may ask later: that it translated, and what the destination was before."""
    space = packets.space
    changed = space.field(Field.DST_CHANGED, ONE)
    fresh = (packets - changed).set_to(Field.DST_CHANGED, ONE).move(Field.DST, Field.SENT_DST, _same)
    fresh = fresh.move(Field.DPORT, Field.SENT_DPORT, _same)
    seen = space.union(packets & changed, fresh).set_to(Field.DNAT, ONE)
    return seen.move(Field.DST, Field.ORIG_DST, _same).move(Field.DPORT, Field.ORIG_DPORT, _same)


def _same(value: int) -> int:
    return value


def leave_device(packets: PacketSet) -> PacketSet:
    """What the next device sees: marks and translation state stay behind, and so does the source MAC address."""
    plain = packets.forget(Field.DNAT, Field.ORIG_DST, Field.ORIG_DPORT, Field.MARK, Field.MAC)
    space = packets.space
    return plain & space.field(Field.DNAT, ZERO) & space.field(Field.MARK, ZERO)


def sent(packets: PacketSet) -> PacketSet:
    """The packets as their sources sent them, from the packets as they are; a source port that NAT chose is open."""
    space = packets.space
    out = packets
    for flag, pairs in (
        (Field.SRC_CHANGED, ((Field.SENT_SRC, Field.SRC),)),
        (Field.DST_CHANGED, ((Field.SENT_DST, Field.DST), (Field.SENT_DPORT, Field.DPORT))),
    ):
        changed = out & space.field(flag, ONE)
        back = changed.forget(Field.SPORT) if flag is Field.SRC_CHANGED else changed
        for kept, field in pairs:
            back = back.move(kept, field, _same)
        out = (out - changed) | back
    return out.forget(Field.SRC_CHANGED, Field.DST_CHANGED, Field.SENT_SRC, Field.SENT_DST, Field.SENT_DPORT)


def relation(packets: PacketSet) -> PacketSet:
    """The packets between the host that sent and the host that gets them: source as sent, destination as received."""
    space = packets.space
    changed = packets & space.field(Field.SRC_CHANGED, ONE)
    back = changed.forget(Field.SPORT).move(Field.SENT_SRC, Field.SRC, _same)
    whole = (packets - changed) | back
    return whole.forget(Field.SRC_CHANGED, Field.DST_CHANGED, Field.SENT_SRC, Field.SENT_DST, Field.SENT_DPORT)


def restrict(packets: PacketSet, related: PacketSet) -> PacketSet:
    """The part of ``packets`` whose :func:`relation` lies in ``related``; the conditions stay undecided."""
    space = packets.space
    changed = space.field(Field.SRC_CHANGED, ONE)
    rewritten = related.forget(Field.SRC_CHANGED).set_to(Field.SRC_CHANGED, ONE)
    rewritten = rewritten.move(Field.SRC, Field.SENT_SRC, _same).forget(Field.SRC, Field.SPORT)
    return (packets - changed) & related | packets & changed & rewritten
