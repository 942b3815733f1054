"""Content that crossed and that nobody could read: encrypted, of no known protocol, damaged, cut short.

It is no violation and proves nothing, so the clauses about content cannot be said to be kept. Whose matter it is
follows from the hosts: what a declared display service carries is the screen's, what mail hosts and mail ports carry is
the mail's, the rest is that of files. Echoes and errors of ICMP repeat what the other side sent and carry no content of
their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case
from zoneguard.checks._policy import INTERNET_SIDE
from zoneguard.checks._seen import flow_text
from zoneguard.checks._transfers import EXPORT, IMPORT, direction_of
from zoneguard.model.flows import Certainty, Flow, Transfer
from zoneguard.model.match import ICMP_PROTOCOLS
from zoneguard.model.project import Method
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

MAIL_PORTS = frozenset({25, 465, 587, 2525, 110, 995, 143, 993})
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
        if matter(case, transfer) is not method or transfer.flow.proto in ICMP_PROTOCOLS:
            continue
        for direction in sorted({*_directions(case, transfer)}, reverse=True):  # import, export
            if aspect in ("", direction):
                yield transfer, direction


def _directions(case: Case, transfer: Transfer) -> Iterator[str]:
    flow = transfer.flow
    both = transfer.kind in ("session", "screen") and transfer.certainty is Certainty.OPAQUE
    ways = [way for way, size in zip((True, False), flow.payload, strict=True) if size] if both else []
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
    return flow.answered or bool(point and receiver and point.zone == receiver.name)


def matter(case: Case, transfer: Transfer) -> Method:
    """The method whose matter an unread transfer is."""
    flow = transfer.flow
    if display_service(case, flow):
        return Method.SCREEN_TRANSFER
    ports = {flow.sport, flow.dport} if transfer.kind == "session" else set()
    if transfer.protocol == "smtp" or ports & MAIL_PORTS or at(case, flow, Method.MAIL_TEXT):
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


def at(case: Case, flow: Flow, method: Method) -> bool:
    """Whether one end of the flow is a host of a sanitizer of ``method``."""
    addresses = case.project.sanitized_by(method)
    return flow.src in addresses or flow.dst in addresses


def ends_of(transfers: list[Transfer]) -> tuple[CaptureSpan, ...]:
    """The first and last frames of the first of them."""
    frames = (t.frames or (t.flow.first, t.flow.last) for t in transfers[:5])
    return tuple(dict.fromkeys(frame for few in frames for frame in (few[0], few[-1])))


def unseen_text(transfers: list[Transfer]) -> Text | None:
    """What ``Check.unseen`` says of transfers that could not be read; ``None`` where there is none."""
    return count_text(transfers) if transfers else None


def count_text(transfers: list[Transfer]) -> Text:
    """That so many (one at least) could not be read, with the first of them."""
    return N_(
        "{count} transfers could not be read, so that nothing is known of what they carried; the first: {flow}, "
        "{protocol}, {reason}",
        count=len(transfers),
        flow=flow_text(transfers[0].flow),
        protocol=transfers[0].protocol,
        reason=transfers[0].reason or "-",
    )
