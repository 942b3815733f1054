"""What comes out of a tunnel: with ``sysopt connection permit-vpn``, the default, no interface's list is asked of it.

Packets that a crypto map takes for its own and that come in plain are dropped, so those of its networks come out of the
tunnel. A group policy may filter them (``vpn-filter``): then they may pass or not. Addresses are those on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Concern, Permit, Rule
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Ingress, Match, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers._assigned import leads_out
from zoneguard.parsers._cisco_asa.acl import Entry
from zoneguard.parsers._cisco_asa.commands import TUNNELS
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.lines import Command

REVERSE = (
    "routes to what is behind the peer of a tunnel are not in the configuration where the default route leads elsewhere"
)
_MOST_RULES = 50_000  # of all interfaces together; what more there is stays open


def read_vpn(command: Command, config: Config) -> bool:
    """Take a command that says what passes by tunnels; ``False`` where it is another one."""
    words = command.words
    if words[:2] == ("crypto", "map") or words[:2] == ("crypto", "dynamic-map") or words[0] == "webvpn":
        config.vpn.append(command)
    elif words[:3] == ("ip", "local", "pool"):
        low, _, high = words[4].partition("-")
        first, last = parse_address(low), parse_address(high or low)
        config.pools.append((min(first, last), max(first, last)))
    elif words[:3] == ("ipv6", "local", "pool"):
        first = parse_address(words[4].partition("/")[0])
        config.pools.append((first, first + max(1, int(words[5])) - 1))
    elif words[0] == "group-policy":
        for inner in command.inner:
            if inner.words[:2] == ("vpn-filter", "value"):
                config.users_filtered = True
    elif words[:3] == ("no", "sysopt", "connection") and words[3:] in (("permit-vpn",), ("permit-ipsec",)):
        config.bypass = False
    else:
        return False
    return True


def opened(config: Config) -> dict[str, list[Rule]]:
    """By interface, the rules that let out what came by a tunnel."""
    for command in config.vpn:
        config.ledger.understood(command.line)
        if "reverse-route" in command.words[4:]:
            _reverse_routes(config, command)
        for inner in command.inner:
            config.ledger.ignored(TUNNELS, inner.line, inner.last)
    if not config.bypass:
        return {}
    left = _MOST_RULES
    found: dict[str, list[Rule]] = {}
    lists = _entries(config, ("match", "address"))
    dynamic = _entries(config, ("ipsec-isakmp", "dynamic"))
    for command in config.vpn:
        words = command.words
        if words[:2] == ("crypto", "map") and len(words) > 4 and words[3] == "interface" and words[4] in config.named:
            rules = found.setdefault(words[4], [])
            for key, acl in lists.items():
                if key[0] == words[2]:
                    made = list(islice(_by_list(config, words[4], acl, command), left))
                    left -= len(made)
                    rules.extend(made)
            if not left:
                rules.append(_clients(config, words[4], command))
            if any(key[0] == words[2] for key in dynamic):
                rules.append(_clients(config, words[4], command))
        elif words[0] == "webvpn":
            for inner in command.inner:
                config.ledger.understood(inner.line)
                if inner.words[0] == "enable" and inner.words[1:] and inner.words[1] in config.named:
                    found.setdefault(inner.words[1], []).append(_clients(config, inner.words[1], inner))
    return found


def _reverse_routes(config: Config, command: Command) -> None:
    """``set reverse-route``: routes to what is behind the peer, out of the map's interface, where the default route
    leads anyway or elsewhere."""
    lines = [c.words for c in config.vpn if c.words[:2] == ("crypto", "map") and len(c.words) > 4]
    maps = {words[2] for words in lines if command.words[2] in words}
    names = {words[4] for words in lines if words[3] == "interface" and words[2] in maps}
    out = bool(names) and all(name in config.named and _leads_out(config, name) for name in names)
    config.not_understood(command.line, REVERSE, Concern.ROUTING, bounded=out)


def _leads_out(config: Config, name: str) -> bool:
    return config.named[name].takes_default or leads_out(config.routes, config.interface(name), v6=False)


def _entries(config: Config, what: tuple[str, str]) -> dict[tuple[str, str], str]:
    """Of the entries of crypto maps, by map and number, the name behind the words ``what``."""
    found = (c.words for c in config.vpn if c.words[:2] == ("crypto", "map"))
    return {(w[2], w[3]): w[6] for w in found if w[4:6] == what and len(w) > 6}


def _came(config: Config, interface: str) -> Ingress:
    return Ingress(frozenset({config.interface(interface)}))


def _by_list(config: Config, interface: str, acl: str, command: Command) -> Iterator[Rule]:
    """What the peer may send by a tunnel whose own side is the access list."""
    known = config.acls.get(acl)
    entries = known.entries if known is not None else [config.span(command)]
    for entry in entries:
        name = f"tunnel by access-list {acl}"
        if not isinstance(entry, Entry):
            config.not_understood(command.line, "what passes by this tunnel is not known", Concern.FILTER, bounded=True)
            open_ = Unknown(Reason("{device}: a packet comes by the {name}", device=config.device, name=name), entry)
            yield Rule(both(_came(config, interface), open_), Permit(), entry, name, implied=True)
        elif entry.permits and entry.active:
            match: Match = both(_came(config, interface), entry.as_sent(config.device, mirrored=True))
            if config.users_filtered:
                match = both(
                    match,
                    Unknown(
                        Reason("{device}: the filter of the {name} permits", device=config.device, name=name),
                        entry.span,
                    ),
                )
            yield Rule(match, Permit(), entry.span, name, implied=True)


def _clients(config: Config, interface: str, command: Command) -> Rule:
    """Remote clients: who they are, and what their group may reach, is decided when they connect."""
    config.not_understood(
        command.line, "what clients of this gateway may reach is decided when they connect", Concern.FILTER, True
    )
    open_ = Unknown(
        Reason("{device}: a client of {interface} sends the packet", device=config.device, interface=interface),
        config.span(command),
    )
    pools = Intervals.from_spans(p for p in config.pools if p[0] <= p[1] and (p[0] >= V6) == (p[1] >= V6))
    limit = (In(Field.SRC, pools),) if pools else ()
    return Rule(
        both(_came(config, interface), *limit, open_), Permit(), config.span(command), "VPN clients", implied=True
    )
