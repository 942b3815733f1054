"""NAT as exact images of packet sets, with the packet as it was sent kept beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import EgressAddress, IngressAddress, Interface, KeepHost, NatRule, Rewrite, SetTo, Shift
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import HISTORY, ConnState, Field
from zoneguard.model.packets import PacketSet

ONE, ZERO = Intervals.of(1), Intervals.of(0)
ADDRESSES_OF = {4: ALL_V4, 6: ALL_V6}
ORIGINAL = ((Field.DST, Field.ORIG_DST), (Field.DPORT, Field.ORIG_DPORT))


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a packet. ``changed``: a device rewrote it; ``kept``: its fields, each with what it was when sent."""

    changed: Field
    kept: tuple[tuple[Field, Field], ...]


SOURCE = Side(Field.SRC_CHANGED, ((Field.SRC, Field.SENT_SRC), (Field.SPORT, Field.SENT_SPORT)))
DESTINATION = Side(Field.DST_CHANGED, ((Field.DST, Field.SENT_DST), (Field.DPORT, Field.SENT_DPORT)))


def translate(
    packets: PacketSet, rule: NatRule, field: Field, ingress: Interface, egress: Interface | None
) -> PacketSet:
    """The image of ``packets`` (all matching ``rule``). ``field``: ``DST`` before routing, ``SRC`` after it."""
    if not rule.rewrites or not packets:
        return packets

    def rewritten(part: PacketSet) -> PacketSet:
        for rewrite in rule.rewrites:
            part = _rewrite(part, rewrite, ingress, egress)
        return part

    fields = set(map(_rewritten_field, rule.rewrites))
    if fields & {Field.SRC, Field.SPORT}:
        packets = _remember(packets, SOURCE)
    if fields & {Field.DST, Field.DPORT}:
        packets = _remember(packets, DESTINATION)
    if field is Field.SRC:
        return rewritten(packets)
    translated = packets & packets.space.field(Field.DNAT, ONE)
    return rewritten(translated) | _noting_change(packets - translated, rewritten)


def _rewritten_field(rewrite: Rewrite) -> Field:
    if isinstance(rewrite, EgressAddress | IngressAddress):
        return Field.SRC if isinstance(rewrite, EgressAddress) else Field.DST
    return rewrite.field


def _rewrite(packets: PacketSet, rewrite: Rewrite, ingress: Interface, egress: Interface | None) -> PacketSet:
    if isinstance(rewrite, SetTo):
        return packets.set_to(rewrite.field, rewrite.values)
    if isinstance(rewrite, Shift):
        return packets.shift(rewrite.field, rewrite.delta)
    if isinstance(rewrite, KeepHost):
        return packets.keep_host(rewrite.field, rewrite.network, rewrite.host_bits)
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


def _remember(packets: PacketSet, side: Side) -> PacketSet:
    """The packets with what they were sent with kept beside, unless an earlier translation kept it."""
    changed = packets & packets.space.field(side.changed, ONE)
    fresh = (packets - changed).set_to(side.changed, ONE)
    for field, kept in side.kept:
        fresh = fresh.copy(field, kept)
    return changed | fresh


def _noting_change(packets: PacketSet, rewritten: Callable[[PacketSet], PacketSet]) -> PacketSet:
    """The image of packets that no rule translated yet, with what the device may ask of that later.

    A destination that is rewritten to itself was not translated.
    """
    was = packets.set_to(Field.DNAT, ONE)
    for field, original in ORIGINAL:
        was = was.copy(field, original)
    image = rewritten(was)
    same = image
    for field, original in ORIGINAL:
        same = same & same.copy(field, original)
    idle = same.forget(Field.ORIG_DST, Field.ORIG_DPORT).set_to(Field.DNAT, ZERO)
    return (image - same) | idle


def leave_device(packets: PacketSet) -> PacketSet:
    """What the next device sees: marks and translation state stay behind, and so does the source MAC address.

    To each device a packet that opens a session is new, whatever the one before took it for (``notrack``).
    """
    plain = packets.forget(Field.DNAT, Field.ORIG_DST, Field.ORIG_DPORT, Field.MARK, Field.MAC, Field.STATE)
    space = packets.space
    new = space.field(Field.STATE, Intervals.of(ConnState.NEW))
    return plain & space.field(Field.DNAT, ZERO) & space.field(Field.MARK, ZERO) & new


def sent(packets: PacketSet) -> PacketSet:
    """The packets as their sources sent them, from the packets as they are."""
    return _as_sent(packets, SOURCE, DESTINATION).forget(*HISTORY)


def relation(packets: PacketSet) -> PacketSet:
    """The packets between the host that sent and the host that gets them: source as sent, destination as received."""
    return _as_sent(packets, SOURCE).forget(*HISTORY)


def behind_source_nat(packets: PacketSet) -> PacketSet:
    """The packets where sources are translated already and destinations not yet: source as received, destination as
    sent."""
    return _as_sent(packets, DESTINATION).forget(*HISTORY)


def _as_sent(packets: PacketSet, *sides: Side) -> PacketSet:
    for side in sides:
        changed = packets & packets.space.field(side.changed, ONE)
        back = changed
        for field, kept in side.kept:
            back = back.copy(kept, field)
        packets = (packets - changed) | back
    return packets


def restrict(packets: PacketSet, related: PacketSet) -> PacketSet:
    """The part of ``packets`` whose :func:`relation` lies in ``related``; the conditions stay undecided."""
    return sent_among(packets, related.forget(*HISTORY), SOURCE)


def sent_among(packets: PacketSet, asked: PacketSet, *sides: Side) -> PacketSet:
    """The part of ``packets`` that lies in ``asked`` (free of history) with its ``sides`` as they were sent."""
    window = asked
    for side in sides:
        changed = packets.space.field(side.changed, ONE)
        if not packets & changed:
            continue
        kept_as = window & changed
        for field, kept in side.kept:
            kept_as = kept_as.copy(field, kept)
        window = (window - changed) | kept_as.forget(*(field for field, _ in side.kept)) & changed
    return packets & window
