"""NEC UNIVERGE IX: the ``show running-config`` of a router.

A packet's way: translation of the destination and what NAPT refuses, ``ip filter in`` of the interface, policy routing
and routing, ``ip filter out``, translation of the source. Each VRF is a forwarding context. The meaning of a command is
stated, with its source, in the module of ``_nec_ix`` that reads it; ``docs/reference/nec-ix.md`` is the overview.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zoneguard.model.device import Deny, Device, Filter, Permit, Route, Routing, Rule, RuleList, Stage, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Not, Unknown, both
from zoneguard.model.settings import Service
from zoneguard.model.text import Reason
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._assigned import ranked, settled
from zoneguard.parsers._cisco.lines import Line, read_lines
from zoneguard.parsers._forms import each
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._nec_ix.callers import callers
from zoneguard.parsers._nec_ix.collect import collect
from zoneguard.parsers._nec_ix.config import Config, Port
from zoneguard.parsers._nec_ix.filters import Filters
from zoneguard.parsers._nec_ix.forms import FORMS
from zoneguard.parsers._nec_ix.lists import permitted
from zoneguard.parsers._nec_ix.management import read_management
from zoneguard.parsers._nec_ix.nat import NatStages
from zoneguard.parsers._nec_ix.routes import policies
from zoneguard.parsers._negations import report_taken_back
from zoneguard.parsers._tunnels import read_tunnels
from zoneguard.parsers.accounting import Ledger

MAIN = "main"
_HEADER = re.compile(r"!? ?(?:NEC Portable Internetwork Core|IX Series IX\S+|NEC .*IX\S* .*Software)")
_OWN = re.compile(
    r"\s*(?:interface (?:Giga|Fast)Ethernet\d+(?:/\d+)?(?::\d+)?\.\d+|interface (?:Tunnel|BRI|USB-Serial|Loopback|Null)"
    r"\d+(?:/\d+)?\.\d+|interface BVI\d+$|ip(?:v6)? access-list \S+ (?:permit|deny) \S+ (?:type \d+ )?src "
    r"|ip(?:v6)? access-list \S+ option optimize|ip(?:v6)? access-list dynamic |ip(?:v6)? filter \S+ \d+ (?:in|out)\b"
    r"|ip napt |ip nat enable|ip ufs-cache |proxy-dns |device (?:Giga|Fast)Ethernet\d|(?:telnet|ssh|http)-server ip "
    r"|ip route \S+ (?:Tunnel|GigaEthernet|FastEthernet)\d|ipsec autokey-|ike (?:proposal|policy|local-id|remote-id) "
    r"|ip dhcp (?:profile|binding) |ppp (?:profile|binding) |ip tcp adjust-mss|watch-group |web-console )"
)
_SAMPLE = 5000
_PORTS = {"ssh": 22, "telnet": 23, "http": 80}


def sniff(source: Source) -> float:
    """Near certain by the header of ``show running-config``, else by the share of lines that no other vendor has."""
    lines = [line for line in source.lines[:_SAMPLE] if line.strip()]
    if any(_HEADER.match(line.strip()) for line in lines[:30]):
        return 0.98
    said = [line for line in lines if not line.lstrip().startswith("!")]
    own = sum(_OWN.match(line) is not None for line in said)
    return min(0.96, 0.3 + 0.04 * own + 0.6 * own / len(said)) if own else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The router called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    config = Config(name, source, ledger)
    lines = list(_flat(read_lines(source, ledger)))
    collect(lines, config)
    vrfs = tuple(_contexts(config))
    managed = read_management(lines, config)
    FORMS.check(each(lines), ledger)
    report_taken_back(lines, ledger)
    interfaces = tuple(port.interface() for port in config.ports.values())
    device = Device(
        name=name,
        vendor=PLUGIN.name,
        interfaces=interfaces,
        vrfs=vrfs,
        span=source.whole,
        uncertain=(*missing(source, interfaces), *ledger.uncertain),
        services=tuple(Service(server, "", span) for server, span in config.servers.items()),
        settings=managed,
        tunnels=read_tunnels(lines, config.span),
    )
    return Parsed((device,), ledger.close())


def _flat(lines: Sequence[Line]) -> Iterator[Line]:
    """Access lists are no modes: what stands behind them in a paste without indentation is not below them."""
    for line in lines:
        below = tuple(line.children) if line.word(1) == "access-list" else ()
        if below:
            line.children.clear()
        yield line
        yield from below


def _contexts(config: Config) -> Iterator[Vrf]:
    """The router itself, then every VRF that an interface or a route names."""
    ports: dict[str, list[Port]] = {"": []}
    for port in config.ports.values():
        ports.setdefault(port.vrf, []).append(port)
    for name in config.routes:
        ports.setdefault(name, [])
    filters, local = Filters(config), _local(config)
    for name, inside in ports.items():
        stages = tuple(_stages(config, inside, filters))
        yield Vrf(
            name=MAIN if not name else f"vrf {name}" if name == MAIN else name,
            interfaces=frozenset(port.name for port in inside),
            routes=_routes(config, name, inside),
            stages=stages,
            policy_routes=tuple(policies(config, inside)),
            lists=filters.lists,
            local=(local,),
        )


def _routes(config: Config, name: str, ports: Sequence[Port]) -> tuple[Route, ...]:
    """Static routes, the default routes that come with an address by DHCP, routes to peers that are given one."""
    routes = tuple(config.routes.get(name, ()))
    up = [port for port in ports if not port.shut]
    asked = (pair for port in up for pair in ranked(port.given, (0, 0) if port.takes_default else None))
    return (*routes, *settled(config.ledger, asked, routes), *callers(config, ports))


def _stages(config: Config, ports: Sequence[Port], filters: Filters) -> Iterator[Stage]:
    translating = {p.name: NatStages(config, p) for p in ports if p.translation.nat or p.translation.napt}
    for nat in translating.values():
        yield from nat.inward()
    for port in ports:
        yield from filters.stages(port, "in", port.name in translating)
    yield Routing()
    for port in ports:
        yield from filters.stages(port, "out", port.name in translating)
    for nat in translating.values():
        yield from nat.outward()
    for port in ports:
        if port.name in translating:
            yield from filters.after_translation(port)


def _local(config: Config) -> Filter:
    """What the router itself answers, after the filters: servers that are switched on, to whom their list permits."""
    span = config.source.span(max(1, len(config.source.lines)))
    rules: list[Rule] = []
    for server, port in _PORTS.items():
        asked = both(In(Field.PROTO, Intervals.of(6)), In(Field.DPORT, Intervals.of(port)))
        where = config.servers.get(server)
        if where is not None:
            listed = config.server_lists.get(server)
            who = () if listed is None else (permitted(config, False, *listed),)
            rules.append(Rule(both(asked, *who), Permit(), where, f"{server}-server", implied=True))
        moved = Unknown(config.key(Reason("another service listens on port {port}", port=port)), span)
        rules.append(Rule(both(asked, Not(moved)), Deny(), where or span, f"{server}-server", implied=True))
    other = Unknown(config.key(Reason("the device itself listens to the packet")), span)
    rules.append(Rule(other, Permit(), span, "services of the device without a line of their own", implied=True))
    return Filter(RuleList("to the device itself", tuple(rules), Deny(), span))


_MARKS = Marks(begins=r"! NEC Portable Internetwork Core|Current configuration")
PLUGIN = Parser(name="nec-ix", title="NEC UNIVERGE IX (show running-config)", sniff=sniff, parse=parse, marks=_MARKS)
