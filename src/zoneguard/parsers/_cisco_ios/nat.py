"""``ip nat``: what is configured, and the stages of one VRF.

From inside to outside a packet is routed first and translated then; from outside to inside it is translated first
(NAT order of operation). Lists going in see addresses before, lists going out addresses after translation. A static
translation works both ways. A dynamic one without ``overload`` lets outside hosts open sessions to the inside host that
holds the address at the time; which that is, no configuration tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.config import DEFAULT, Applied, Config, Static, is_interface, spaced_name
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.values import Cursor, UnreadableError

TIMERS = "timers, limits and logs of translation"
VIRTUAL_INTERFACE = "translation without inside and outside (ip nat enable, ip nat source) is not modelled"
_SETTINGS = frozenset(
    {
        "translation", "log", "service", "settings", "create", "switchover", "piggyback-support", "syslog", "stateful",
        "Stateful", "sip-sbc", "alg", "max-entries", "gatekeeper", "route", "redundancy", "refresh", "scale", "vrf",
    }
)  # fmt: skip
_FLAGS = frozenset(
    {"extendable", "no-alias", "no-payload", "reversible", "oer", "overload", "forced", "match-in-vrf", "add-route"}
)


@dataclass(frozen=True, slots=True)
class StaticNat:
    """``before`` becomes ``after`` on the way out of ``side``; networks keep ``host_bits``. ``ports``: those before
    and after; ``interface`` has the address that ``after`` stands for."""

    side: str
    line: Line
    before: int
    after: int | None
    host_bits: int = 0
    proto: int | None = None
    ports: tuple[int, int] | None = None
    interface: str = ""
    vrf: str = DEFAULT
    route_map: Applied | None = None


@dataclass(frozen=True, slots=True)
class DynamicNat:
    """What ``chosen`` selects (a list, or a route map) takes an address of ``pool`` or of ``interface``.

    ``field``: ``source``, or ``destination`` for the servers of a virtual address.
    """

    side: str
    field: str
    line: Line
    chosen: Applied
    by_route_map: bool
    pool: str = ""
    interface: str = ""
    overload: bool = False
    vrf: str = DEFAULT


@dataclass(slots=True)
class Nat:
    """Everything configured of translation."""

    pools: dict[str, Intervals] = field(default_factory=dict)
    statics: list[StaticNat] = field(default_factory=list)
    dynamics: list[DynamicNat] = field(default_factory=list)


def read_nat(config: Config, nat: Nat, line: Line) -> None:
    """A global command ``ip nat …``."""
    cursor = Cursor(line.words, 2)
    kind = cursor.take() if not cursor.done else ""
    try:
        if kind == "pool":
            _pool(config, nat, cursor, line)
        elif kind in ("inside", "outside"):
            for child in line.children:
                config.unread(child, Concern.NAT)
            _translation(config, nat, kind, cursor, line)
        elif kind in ("source", "portmap") or kind == "":
            config.ledger.not_understood(line.number, VIRTUAL_INTERFACE, Concern.NAT)
        elif kind in _SETTINGS:
            account(config.ledger, line, TIMERS)
        else:
            raise UnreadableError(Reason("not an option: {word}", word=kind[:40]))
    except UnreadableError as error:
        config.unread(line, Concern.NAT, why=str(error))


def _pool(config: Config, nat: Nat, cursor: Cursor, line: Line) -> None:
    """``ip nat pool P 192.0.2.1 192.0.2.9 prefix-length 24``, or a block with ``address 192.0.2.1 192.0.2.9``."""
    name = cursor.take()
    spans = []
    if values.is_address(cursor.peek()):
        spans.append(_range(cursor))
        if cursor.skip("netmask"):
            values.mask_length(cursor.take())
    for child in line.children:
        inner = Cursor(child.words)
        if not inner.skip("address"):
            raise UnreadableError("not an address of a pool")
        spans.append(_range(inner))
        config.understood(child)
    if not spans:
        raise UnreadableError("a pool without addresses")
    nat.pools[name] = Intervals.from_spans(spans)
    config.understood(line)


def _range(cursor: Cursor) -> tuple[int, int]:
    low = values.ipv4(cursor.take())
    high = values.ipv4(cursor.take()) if values.is_address(cursor.peek()) else low
    if low > high:
        raise UnreadableError("a pool from high to low")
    return low, high


def _translation(config: Config, nat: Nat, side: str, cursor: Cursor, line: Line) -> None:
    what = cursor.take()
    if what not in ("source", "destination"):
        raise UnreadableError("neither source nor destination")
    if cursor.skip("static"):
        if what == "destination":
            raise UnreadableError("no static translation of this kind")
        nat.statics.append(_static(config, side, cursor, line))
    else:
        nat.dynamics.append(_dynamic(side, what, cursor, line))
    config.understood(line)


def _static(config: Config, side: str, cursor: Cursor, line: Line) -> StaticNat:
    network = cursor.skip("network")
    proto = values.protocol(cursor.take()) if cursor.peek() in ("tcp", "udp", "esp", "sctp") else None
    ported = proto in (values.TCP, values.UDP, values.SCTP)
    before = values.ipv4(cursor.take())
    first = values.port(cursor.take(), proto) if ported else 0
    after, interface = None, ""
    if cursor.skip("interface"):
        interface = _interface(cursor)
    else:
        after = values.ipv4(cursor.take())
    second = values.port(cursor.take(), proto) if ported else 0
    bits = 0
    if network:
        mask = cursor.take()
        bits = 32 - (values.number(mask[1:], 32) if mask.startswith("/") else values.mask_length(mask))
    elif proto is not None and not ported:
        raise UnreadableError("translation by this protocol is not modelled")
    ports = (first, second) if ported else None
    vrf, route_map, flags = _tail(cursor, line)
    if "add-route" in flags and side == "outside" and after is not None:
        config.statics.append(Static(vrf, after & ~((1 << bits) - 1), 32 - bits, line, next_hop=before))
    return StaticNat(side, line, before, after, bits, proto, ports, interface, vrf, route_map)


def _interface(cursor: Cursor) -> str:
    name = cursor.take()
    if not is_interface(name):
        name = spaced_name(name, cursor.take())
    return name


def _tail(cursor: Cursor, line: Line) -> tuple[str, Applied | None, set[str]]:
    vrf, route_map, flags = DEFAULT, None, set()
    while not cursor.done:
        word = cursor.take()
        if word == "vrf":
            vrf = cursor.take()
        elif word == "route-map":
            route_map = Applied(cursor.take(), line)
        elif word in ("redundancy", "mapping-id"):
            cursor.take()
        elif word in _FLAGS:
            flags.add(word)
        else:
            raise UnreadableError("an option of translation that is not known")
    return vrf, route_map, flags


def _dynamic(side: str, what: str, cursor: Cursor, line: Line) -> DynamicNat:
    kind = cursor.take()
    if kind not in ("list", "route-map"):
        raise UnreadableError("neither a list nor a route map")
    chosen = Applied(cursor.take(), line)
    pool = interface = ""
    if cursor.skip("pool"):
        pool = cursor.take()
    elif cursor.skip("interface"):
        interface = _interface(cursor)
    else:
        raise UnreadableError("neither a pool nor an interface")
    vrf, _, flags = _tail(cursor, line)
    overload = "overload" in flags or bool(interface)
    return DynamicNat(side, what, line, chosen, kind == "route-map", pool, interface, overload, vrf)
