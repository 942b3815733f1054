"""Content that crossed and that nobody could read: encrypted, of no known protocol, damaged, cut short.

It is no violation and proves nothing, so the clauses about content cannot be said to be kept. Whose matter it is
follows from the hosts: what a declared display service carries is the screen's, what mail hosts and mail ports carry is
the mail's, the rest is that of files. Echoes and errors of ICMP repeat what the other side sent and carry no content of
their own; answers that are much more than was asked repeat nothing. Of a TCP session of which a capture holds one side
alone, the other may have carried anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.checks._policy import INTERNET_SIDE
from zoneguard.checks._seen import TCP, flow_text
from zoneguard.checks._transfers import EXPORT, GIVERS, IMPORT, LGWAN_SIDE, MAIL, direction_of
from zoneguard.inspection.unread import unrecognised
from zoneguard.model.flows import Certainty, Flow, FlowState, Transfer
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS
from zoneguard.model.project import Method
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.matters import Matter
    from zoneguard.dynamic.traffic import Traffic

MAIL_PORTS = frozenset({25, 465, 587, 2525, 110, 995, 143, 993})
NOBODY = Intervals()
ANY_PROTOCOL = Intervals.span(0, 255)
FEW = 1 << 14
"""Bytes of answers whose questions the capture may have missed."""
SOURCES = INTERNET_SIDE | {ZoneClass.SANITIZER, ZoneClass.REMOTE_ACCESS}
"""Where content of the Internet may come from; that of other zones is not asked about where it cannot be read."""


def unread(case: Case, method: Method, aspect: str = "") -> Iterator[tuple[Transfer, str]]:
    """What could not be read of the matter of ``method``, with its direction; ``aspect``: that direction alone.

    A session that cannot be read at all may carry content either way, whichever side sent more: it is given for each
    direction, the import first.
    """
    transfers = case.dynamic.transfers if case.dynamic else ()
    messages = {transfer.key for transfer in transfers if transfer.kind == "message"}
    for transfer in transfers:
        outermost = not transfer.parent or transfer.parent in messages  # no better than what it contains
        if not outermost or transfer.refused or transfer.certainty is Certainty.INSPECTED:
            continue
        if matter(case, transfer) is not method or _repeats(transfer.flow):
            continue
        for direction in sorted({*_directions(case, transfer)}, reverse=True):  # import, export
            if aspect in ("", direction):
                yield transfer, direction


def _repeats(flow: Flow) -> bool:
    """Whether it is a flow of messages whose answers repeat what was sent."""
    sent, received = flow.payload
    return flow.proto in ICMP_PROTOCOLS and not (sent and 2 * received > 3 * sent + FEW)


def _repeating(traffic: Traffic) -> Bool:
    """``_repeats`` of all flows."""
    sent, received = traffic.payload.T
    repeating: Bool = traffic.messages & ~((sent > 0) & (2 * received > 3 * sent + FEW))
    return repeating


def _unheard(flow: Flow) -> tuple[bool, bool]:
    """Of both sides of a flow of TCP that had begun, the originator's first: the capture holds nothing of it."""
    begun = flow.proto == TCP and (flow.answered or flow.state is FlowState.MIDSTREAM)
    return begun and not flow.packets[0], begun and not flow.packets[1]


def _directions(case: Case, transfer: Transfer) -> Iterator[str]:
    flow = transfer.flow
    both = transfer.kind == "screen" or (transfer.kind == "session" and transfer.certainty is Certainty.OPAQUE)
    unheard = _unheard(flow)
    sides = zip((True, False), flow.payload, unheard, strict=True)
    ways = [way for way, size, missed in sides if size or missed] if both else []
    for to_responder in ways or [transfer.to_responder]:
        direction = direction_of(case, flow, to_responder)
        if direction == EXPORT or (direction == IMPORT and _from_outside(case, flow, to_responder)):
            yield direction


def _from_outside(case: Case, flow: Flow, to_responder: bool) -> bool:
    """Whether it came from where content of the Internet may come from, and arrived: was answered, or was seen on the
    receiver's own wire."""
    source, target = (flow.src, flow.dst) if to_responder else (flow.dst, flow.src)
    sender, receiver = case.project.zones.of(source), case.project.zones.of(target)
    if sender is not None and sender.zone_class not in SOURCES and sender.zone_class is not ZoneClass.LGWAN:
        return False
    point = case.dynamic.points.get(flow.first.file) if case.dynamic else None
    return flow.answered or any(_unheard(flow)) or bool(point and receiver and point.zone == receiver.name)


def matter(case: Case, transfer: Transfer) -> Method:
    """The method whose matter an unread transfer is."""
    flow = transfer.flow
    if display_service(case, flow):
        return Method.SCREEN_TRANSFER
    ports = {flow.sport, flow.dport} if transfer.kind == "session" else set()
    if transfer.protocol in MAIL or ports & MAIL_PORTS or at(case, flow, Method.MAIL_TEXT):
        return Method.MAIL_TEXT
    return Method.FILE


def display_service(case: Case, flow: Flow) -> bool:
    """Whether the flow goes to a declared display service of a host of screen transfer."""
    ends = [(flow.dst, flow.dport)]
    if flow.opened_by != "handshake":  # which side opened it is a guess
        ends.append((flow.src, flow.sport))
    return any(
        address in sanitizer.addresses
        and any(flow.proto in service.protocols and port in service.ports for service in sanitizer.services)
        for sanitizer in case.project.sanitizers
        if sanitizer.method is Method.SCREEN_TRANSFER
        for address, port in ends
    )


def unread_flows(case: Case, traffic: Traffic, method: Method, direction: str) -> Bool:
    """Flows without a transfer, because nobody reads their content, that are the matter of ``method`` and may carry it
    in that direction: as ``unread``, of all at once."""
    key = (method, direction)
    if key not in case.unread:
        mine = traffic.unread & _of_method(case, traffic, method) & ~_repeating(traffic)
        unheard = traffic.unheard(mine)
        carried = (traffic.payload > 0) | unheard
        begun = unheard[:, 0] | unheard[:, 1]
        there = carried[:, 0] & _goes(case, traffic, direction, begun, to_responder=True)
        back = carried[:, 1] & _goes(case, traffic, direction, begun, to_responder=False)
        case.unread[key] = mine & (there | back)
    return case.unread[key]


def unread_matters(case: Case, method: Method, check: str, besides: Intervals = NOBODY) -> Iterator[tuple[str, Matter]]:
    """The flows of ``unread_flows`` that are allowed or no crossings, each once, and the direction in which ``check``
    is asked about them; those of addresses ``besides`` are left out."""
    traffic = case.traffic
    if traffic is None or not traffic.unread.any():
        return
    told = traffic.touches(besides) | (traffic.crossing & ~case.legitimate)
    for direction in (IMPORT, EXPORT):
        if case.asks(check, direction):
            mine = unread_flows(case, traffic, method, direction) & ~told
            told |= mine
            for matter in traffic.matters(mine):
                yield direction, matter


def _of_method(case: Case, traffic: Traffic, method: Method) -> Bool:
    """``matter`` of sessions."""
    display = display_flows(case, traffic)
    if method is Method.SCREEN_TRANSFER:
        return display
    ports = Intervals.of(*MAIL_PORTS)
    mail = traffic.speaks(ANY_PROTOCOL, ports) | traffic.speaks(ANY_PROTOCOL, ports, turned=True)
    mail |= traffic.touches(case.project.sanitized_by(Method.MAIL_TEXT))
    return ~display & (mail if method is Method.MAIL_TEXT else ~mail)


def display_flows(case: Case, traffic: Traffic) -> Bool:
    """``display_service`` of all flows."""
    found = traffic.between(())
    for screen in (s for s in case.project.sanitizers if s.method is Method.SCREEN_TRANSFER):
        to, by = traffic.goes_to(screen.addresses), traffic.comes_from(screen.addresses) & ~traffic.known
        for service in screen.services:
            found |= to & traffic.speaks(service.protocols, service.ports)
            found |= by & traffic.speaks(service.protocols, service.ports, turned=True)
    return found


def _goes(case: Case, traffic: Traffic, direction: str, begun: Bool, to_responder: bool) -> Bool:
    """Which flows may carry content in the direction where one side of them sends: ``_directions`` of all flows."""
    sent_by, sent_to = (traffic.opened_in, traffic.ends_in) if to_responder else (traffic.ends_in, traffic.opened_in)
    inward = sent_to({ZoneClass.LGWAN}) & ~sent_by(LGWAN_SIDE)
    given = sent_to({ZoneClass.INTERNET}) & sent_by(GIVERS)
    to_terminals = case.project.network_model.terminals is ZoneClass.INTERNET
    if direction == EXPORT:
        return given if not to_terminals else traffic.between(())
    outside = sent_by(SOURCES | {ZoneClass.LGWAN, None})
    receiver = traffic.target if to_responder else traffic.source
    arrived = begun | traffic.answered | ((traffic.point == receiver) & (receiver >= 0))
    found: Bool = (inward | given if to_terminals else inward) & outside & arrived
    return found


def at(case: Case, flow: Flow, method: Method) -> bool:
    """Whether one end of the flow is a host of a sanitizer of ``method``."""
    addresses = case.project.sanitized_by(method)
    return flow.src in addresses or flow.dst in addresses


def ends_of(transfers: Sequence[Transfer]) -> tuple[CaptureSpan, ...]:
    """The first and last frames of the first of them."""
    frames = (t.frames or (t.flow.first, t.flow.last) for t in transfers[:5])
    return tuple(dict.fromkeys(frame for few in frames for frame in (few[0], few[-1])))


def unseen_of(case: Case, method: Method, aspect: str) -> Text | None:
    """What ``Check.unseen`` says of the matter of ``method``; ``aspect``: of one direction."""
    asked = [aspect] if aspect else [IMPORT, EXPORT]
    flows = [unread_flows(case, case.traffic, method, way) for way in asked] if case.traffic is not None else []
    return unseen_text(case, [transfer for transfer, _ in unread(case, method, aspect)], flows)


def unseen_text(case: Case, transfers: Sequence[Transfer], flows: Sequence[Bool]) -> Text | None:
    """That transfers could not be read, and content of ``flows``; ``None`` where there is none."""
    examples = list(transfers[:1])
    for some in flows:
        assert case.traffic is not None
        examples += map(unrecognised, case.traffic.some(some.nonzero()[0][:1]))
    if not examples:
        return None
    first = min(examples, key=lambda transfer: transfer.flow.first.time)
    return count_text(first, len(transfers) + sum(int(some.sum()) for some in flows))


def count_text(first: Transfer, count: int) -> Text:
    """That so many could not be read, with the first of them."""
    return N_(
        "{count} transfers could not be read, so that nothing is known of what they carried; the first: {flow}, "
        "{protocol}, {reason}",
        count=count,
        flow=flow_text(first.flow),
        protocol=first.protocol,
        reason=first.reason or "-",
    )
