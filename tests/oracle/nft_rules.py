"""Random nftables rulesets: all families, base chains and priorities, sets, maps, verdict maps, marks, translation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.oracle.netns import Lab
from tests.oracle.rulesets import Rule, smaller_rules
from tests.oracle.world import INTERFACES, MACS, PORTS, World
from zoneguard.parsers import Parsed, Source, nftables

TRANSPORT = re.compile(
    r"\b(tcp|udp|icmp|icmpv6) (?:dport|sport|flags|type|code)"
    r"|(?:meta l4proto|ip protocol|ip6 nexthdr) (?:!= )?(\{|tcp|udp|1|50|58)(?= |$)"
)
NETWORK = re.compile(
    r"\b(ip6?) (?:saddr|daddr|to|prefix|version|protocol|nexthdr)|nfproto (ipv[46])|\b(icmp|icmpv6) (?:type|code)"
)
NETWORK_OF = {"ip6": 6, "ipv6": 6, "icmpv6": 6}
PROTOCOL_OF = {"1": "icmp", "58": "icmpv6"}
USER_CHAINS = ("A", "B", "C")
TRACKED_FROM = -200
RATES = ("limit rate 1/hour burst 1 packets", "numgen random mod 2 == 0")
MARK_CHANGES = (
    "meta mark set 0x1",
    "meta mark set 0x2",
    "meta mark set meta mark | 0x2",
    "meta mark set meta mark & 0x1",
    "meta mark set meta mark ^ 0x3",
    "meta mark set tcp dport map { 22 : 0x1, 80 : 0x2 }",
    "meta mark set meta l4proto map { tcp : 0x3, udp : 0x1 }",
)
SESSION_MARK_CHANGES = ("ct mark set meta mark", "meta mark set ct mark", "ct mark set 0x1")
MARK_TESTS = (
    "0x0",
    "0x1",
    "!= 0x0",
    "& 0x2 == 0x2",
    "& 0x1 != 0x1",
    "{ 0x0, 0x3 }",
    "!= { 0x1, 0x2 }",
    "0x1-0x3",
    "> 0x1",
)
FLAG_TESTS = (
    "syn",
    "== syn",
    "!= syn",
    "& (fin | syn | rst | ack) == syn",
    "syn,ack",
    "! fin,rst",
    "{ syn, syn | ack }",
)
STATES = (
    "new",
    "established,related",
    "related",
    "invalid",
    "{ new, invalid }",
    "!= invalid",
    "untracked",
    "! new",
    "!= { established, related }",
)


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of ``table`` (``inet t0``); ``base`` is empty for one that is only called."""

    table: str
    name: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class NftRuleset:
    """A whole ruleset; ``named``: sets and maps as ``(table, text)``."""

    named: tuple[tuple[str, str], ...]
    chains: tuple[Chain, ...]
    rules: tuple[Rule, ...]

    def __str__(self) -> str:
        lines = []
        for table in dict.fromkeys(chain.table for chain in self.chains):
            lines += [f"table {table} {{", *(text for owner, text in self.named if owner == table)]
            here = [chain for chain in self.chains if chain.table == table]
            for chain in sorted(here, key=lambda c: (c.base != "", c.name), reverse=False):
                rules = [str(r) for r in self.rules if (r.table, r.chain) == (table, chain.name)]
                lines += [f"chain {chain.name} {{", *([chain.base] if chain.base else []), *rules, "}"]
            lines.append("}")
        return "\n".join(lines) + "\n"

    @property
    def tracks(self) -> bool:
        """See ``Ruleset.tracks``."""
        words = set(str(self).split())
        return bool(words & {"ct", "nat", "notrack"})

    @property
    def open(self) -> bool:
        """See ``Ruleset.open``."""
        return any(rate in str(self) for rate in RATES)

    def load(self, lab: Lab, box: str) -> None:
        """See ``Ruleset.load``."""
        lab.run(box, "nft", "-f", "-", stdin=f"flush ruleset\n{self}")

    def parsed(self, lab: Lab, box: str, exported: bool) -> Parsed:
        """See ``Ruleset.parsed``."""
        text = lab.run(box, "nft", "list", "ruleset") if exported else str(self)
        return nftables.parse(Source("rules.nft", tuple(text.splitlines())), box)

    def smaller(self) -> Iterator[NftRuleset]:
        """See ``Ruleset.smaller``."""
        for n in range(len(self.chains)):
            gone = self.chains[n]
            rules = tuple(r for r in self.rules if (r.table, r.chain) != (gone.table, gone.name))
            yield replace(self, chains=self.chains[:n] + self.chains[n + 1 :], rules=rules)
        for rules in smaller_rules(self.rules):
            yield replace(self, rules=rules)
        for n in range(len(self.named)):
            yield replace(self, named=self.named[:n] + self.named[n + 1 :])


def nft_ruleset(random: Random, tracked: bool = True, translated: bool = True) -> NftRuleset:
    """A random ruleset that nft may still refuse (two elements that overlap)."""
    priorities = [p for p in range(-350, 350) if p % 100]  # of equal priority the export does not tell the order
    random.shuffle(priorities)
    named: list[tuple[str, str]] = []
    chains: list[Chain] = []
    rules: list[Rule] = []
    several = random.random() < 0.3
    for number in range(random.randint(1, 3)):
        family = random.choice(("inet", "inet", "inet", "ip", "ip", "ip6", "ip6", "netdev"))
        table = _Table(random, f"{family} t{number}", tracked and family != "netdev")
        bases = table.bases(priorities, tracked and translated and (several or number == 0))
        named += table.named()
        called = [Chain(table.name, name) for name in (*USER_CHAINS, "N")]
        chains += [*called, *bases]
        for chain in (*called, *bases):
            rules += table.rules(chain, several)
    return NftRuleset(tuple(named), tuple(chains), tuple(rules))


class _Table:
    """Draws the chains and rules of one table."""

    def __init__(self, random: Random, name: str, tracked: bool) -> None:
        self.random = random
        self.name = name
        self.family = name.split(maxsplit=1)[0]
        self.tracked = tracked
        self._worlds = {v6: World(random, v6) for v6 in (False, True)}

    def bases(self, priorities: list[int], translated: bool) -> list[Chain]:
        """Base chains, each of its own priority."""
        random = self.random
        if self.family == "netdev":
            device = random.choice(INTERFACES)
            base = f'type filter hook ingress device "{device}" priority {priorities.pop()}; policy accept;'
            return [Chain(self.name, "filter_ingress", base)]
        found = []
        for hook, share in (("prerouting", 0.4), ("input", 0.5), ("forward", 0.95), ("postrouting", 0.25)):
            if random.random() < share:
                priority = priorities.pop()
                if hook == "prerouting" and priority < TRACKED_FROM and not self.tracked:
                    priority = -priority
                policy = "drop" if hook in ("input", "forward") and random.random() < 0.4 else "accept"
                found.append(self._base("filter", hook, priority, policy))
        hooks = [hook for hook in ("prerouting", "postrouting") if translated and random.random() < 0.6]
        return [*found, *(self._base("nat", hook, abs(priorities.pop()), "accept") for hook in hooks)]

    def _base(self, kind: str, hook: str, priority: int, policy: str) -> Chain:
        base = f"type {kind} hook {hook} priority {priority}; policy {policy};"
        return Chain(self.name, f"{kind}_{hook}", base)

    def named(self) -> Iterator[tuple[str, str]]:
        """Named sets and verdict maps, which the rules ask."""
        for v6, world in self._families():
            kind, n = f"ipv{6 if v6 else 4}_addr", int(v6)
            elements = ", ".join(dict.fromkeys((world.prefix(), world.range_from(world.host()), world.host())))
            yield self.name, f"set s{n} {{ type {kind}; flags interval; auto-merge; elements = {{ {elements} }}\n}}"
            pairs = ", ".join(dict.fromkeys(f"{world.host()} . {world.port()}" for _ in range(4)))
            yield self.name, f"set c{n} {{ type {kind} . inet_service; elements = {{ {pairs} }}\n}}"
            wide = f"{world.network()} . 1-100, {world.prefix()} . {world.port()}"
            flags = "flags interval;"
            yield self.name, f"set w{n} {{ type {kind} . inet_service; {flags} elements = {{ {wide} }}\n}}"
            hosts = dict.fromkeys(world.host() for _ in range(4))
            verdicts = ", ".join(f"{host} : {self._map_verdict(('C',))}" for host in hosts)
            yield self.name, f"map v{n} {{ type {kind} : verdict; elements = {{ {verdicts} }}\n}}"

    def rules(self, chain: Chain, several: bool) -> list[Rule]:
        """The rules of a chain; ``several``: its hook may have more than one that translates."""
        most = 3 if not chain.base else 6 if "forward" in chain.base else 4
        return [self._rule(chain.name, chain.base, several) for _ in range(self.random.randint(0, most))]

    def _rule(self, name: str, base: str, several: bool) -> Rule:
        """A rule that nft does not refuse for asking of one packet two protocols."""
        while True:
            if name == "N":
                end = self.random.choice(("accept", "return", "counter"))
                parts = [*self._conditions(""), *self._marks(0.2)]
            elif "type nat" in base:
                parts, end = self._translating(base, several)
            else:
                parts, end = self._filtering(name, base)
            made = Rule(self.name, name, tuple(parts), end)
            if not _clashes(str(made)):
                return made

    def _families(self) -> Iterator[tuple[bool, World]]:
        for v6 in (False, True):
            if self.family in ("inet", "netdev", "ip6" if v6 else "ip"):
                yield v6, self._worlds[v6]

    def _world(self) -> World:
        return self.random.choice([world for v6, world in self._families() for _ in range(1 if v6 else 2)])

    def _filtering(self, name: str, base: str) -> tuple[list[str], str]:
        random = self.random
        parts = [*self._conditions(base), *self._marks(0.2)]
        if parts and parts[-1].startswith("meta mark set"):
            parts += self._conditions(base)
        early = "prerouting" in base and int(base.split("priority ")[1].split(";", maxsplit=1)[0]) < TRACKED_FROM
        if early and self.tracked and random.random() < 0.2:
            return parts, "notrack"
        if ("forward" in base or "input" in base) and random.random() < 0.1:
            if random.random() < 0.5:
                return parts, "reject"
            return [*parts, "meta l4proto tcp"], "reject with tcp reset"
        later = [c for c in USER_CHAINS if name not in USER_CHAINS or c > name]
        if random.random() < 0.25:
            return parts, self._verdict_map(name, later)
        calls = [f"{random.choice(('jump', 'jump', 'goto'))} {c}" for c in later]
        return parts, random.choice(
            ["accept", "accept", "drop", "drop", "return", "continue", "counter", *calls, *calls]
        )

    def _verdict_map(self, name: str, later: list[str]) -> str:
        random = self.random
        world = self._world()
        address = f"{'ip6' if world.v6 else 'ip'} {random.choice(('saddr', 'daddr'))}"
        if name not in USER_CHAINS and random.random() < 0.2:
            return f"{address} vmap @v{int(world.v6)}"
        keys = {
            "tcp dport": [str(p) for p in PORTS],
            "meta l4proto": ["tcp", "udp", "50"],
            "meta mark": ["0x0", "0x1", "0x2", "0x3"],
            "iifname": [f'"{i}"' for i in INTERFACES],
            address: list(dict.fromkeys(world.host() for _ in range(4))),
            f"{address} . tcp dport": list(dict.fromkeys(f"{world.host()} . {world.port()}" for _ in range(4))),
        }
        if self.tracked:
            keys["ct state"] = ["new", "established", "related", "invalid", "untracked"]
        key = random.choice([*keys, "meta mark"])
        values = random.sample(keys[key], random.randint(2, len(keys[key])))
        elements = [f"{value} : {self._map_verdict(later)}" for value in values]
        if key != "iifname" and random.random() < 0.2:
            elements.append(f"* : {self._map_verdict(later)}")
        return f"{key} vmap {{ {', '.join(elements)} }}"

    def _map_verdict(self, later: Sequence[str]) -> str:
        """A verdict, mostly a jump to one of ``later``; the map of a name, asked by base chains, leads to C alone."""
        called = [f"{word} {chain}" for chain in later for word in ("jump", "jump", "jump", "goto")]
        return self.random.choice(["accept", "drop", "return", "continue", *called])

    def _marks(self, share: float, early: bool = False) -> list[str]:
        random = self.random
        if self.tracked and not early and random.random() < share / 10:
            return [random.choice(SESSION_MARK_CHANGES)]
        return [random.choice(MARK_CHANGES)] if random.random() < share else []

    def _conditions(self, base: str) -> list[str]:
        random = self.random
        kinds = [self._addresses, self._ports, self._protocol, self._interfaces, self._mark, self._together, self._rare]
        if self.tracked:
            kinds += [self._session, self._session]
        found = [random.choice(kinds)() for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3)))]
        if "prerouting" in base or "forward" in base or "input" in base:
            found += [f"ether saddr {random.choice(MACS)}"] if random.random() < 0.05 else []
        return found + ([random.choice(RATES)] if random.random() < 0.002 else [])

    def _addresses(self) -> str:
        random = self.random
        world = self._world()
        low, other = world.host(), world.host()
        sets = [f"{{ {', '.join(dict.fromkeys((low, other)))} }}", f"@s{int(world.v6)}"]
        value = random.choice([world.prefix(), world.prefix(), world.range_from(low), *sets])
        key = f"{'ip6' if world.v6 else 'ip'} {random.choice(('saddr', 'daddr'))}"
        return f"{key} {self._maybe_not()}{value}"

    def _ports(self) -> str:
        random = self.random
        port = world_port = random.choice(PORTS)
        values = [str(port), f"{port}-{world_port + 30}", f"{{ {port}, {port + 1} }}", f"< {port}", f">= {port}"]
        kind = random.choice(("tcp dport", "tcp dport", "udp dport", "tcp sport", "th dport"))
        value = random.choice(("1024-1040", "{ 1024-1031, 1050 }")) if kind == "tcp sport" else random.choice(values)
        mark = "" if value[0] in "<>" else self._maybe_not()
        needs = "meta l4proto { tcp, udp } " if kind == "th dport" else ""
        return f"{needs}{kind} {mark}{value}"

    def _protocol(self) -> str:
        random = self.random
        world = self._world()
        icmp = "icmpv6" if world.v6 else "icmp"
        kinds = ("128", "129", "{ 1, 128 }") if world.v6 else ("8", "0", "{ 3, 8 }")
        pair = "1 . 4, 128 . 0" if world.v6 else "3 . 1, 8 . 0"
        number = 58 if world.v6 else 1
        return random.choice(
            (
                f"meta l4proto {self._maybe_not()}{{ tcp, udp }}",
                f"meta l4proto {self._maybe_not()}{random.choice(('tcp', 'udp', '50', str(number)))}",
                f"{icmp} type {self._maybe_not()}{random.choice(kinds)}",
                f"{icmp} type . {icmp} code {{ {pair} }}",
                f"tcp flags {random.choice(FLAG_TESTS)}",
                f"meta nfproto {random.choice(('ipv4', 'ipv6'))}" if self.family == "inet" else "meta l4proto tcp",
            )
        )

    def _interfaces(self) -> str:
        random = self.random
        one, other = random.sample(INTERFACES, 2)
        value = random.choice((f'"{one}"', f'{{ "{one}", "{other}" }}', '"eth*"'))
        return f"{random.choice(('iifname', 'oifname'))} {self._maybe_not()}{value}"

    def _mark(self) -> str:
        return f"meta mark {self.random.choice(MARK_TESTS)}"

    def _together(self) -> str:
        random = self.random
        world = self._world()
        key = f"{'ip6' if world.v6 else 'ip'} {random.choice(('saddr', 'daddr'))} . tcp dport"
        pairs = ", ".join(dict.fromkeys(f"{world.host()} . {world.port()}" for _ in range(3)))
        return (
            f"{key} {self._maybe_not()}{random.choice((f'{{ {pairs} }}', f'@c{int(world.v6)}', f'@w{int(world.v6)}'))}"
        )

    def _rare(self) -> str:
        """Ways to ask that rulesets seldom use."""
        random = self.random
        world = self._world()
        family, number, header = ("ip6", 6, "ip6 nexthdr") if world.v6 else ("ip", 4, "ip protocol")
        one, other = random.sample(INTERFACES, 2)
        port, side = world.port(), random.choice(("saddr", "daddr"))
        mask = "ffff:ffff:ffff:ffff::f" if world.v6 else "255.255.0.7"
        masked = (
            f"fd00:{random.randrange(3)}::{random.randrange(10):x}" if world.v6 else f"10.0.0.{random.randrange(8)}"
        )
        pairs = ", ".join(dict.fromkeys(f"{random.choice(('tcp', 'udp'))} . {world.port()}" for _ in range(3)))
        threes = ", ".join(dict.fromkeys(f"{world.host()} . tcp . {world.port()}" for _ in range(3)))
        choices = [
            f'iifname . oifname {{ "{one}" . "{other}", "{other}" . "{one}" }}',
            f'iifname . {family} saddr {{ "{one}" . {world.host()}, "{other}" . {world.host()} }}',
            f"{family} {side} & {mask} {random.choice(('==', '!='))} {masked}",
            f"meta l4proto . th dport {self._maybe_not()}{{ {pairs} }}",
            f"{family} {side} . meta l4proto . th dport {{ {threes} }}",
            f"{header} {self._maybe_not()}{random.choice(('tcp', 'udp', '50'))}",
            f"{family} version {number}",
            f"th sport . th dport {{ 1024-1040 . {port}, 1050-1080 . 1-100 }}",
            f"tcp dport {{ 1-{port}, {port + 1}-{port + 9}, 9000 }}",
            f"{'icmpv6' if world.v6 else 'icmp'} code {self._maybe_not()}{random.choice((0, 1, 4))}",
            f"fib {side} type {self._maybe_not()}{random.choice(('local', 'unicast', 'multicast'))}",
            f"meta mark & 0x3 {self._maybe_not()}{{ 0x1, 0x2 }}",
            f"meta mark | 0x1 == {random.choice(('0x1', '0x3'))}",
        ]
        if self.tracked:
            choices += [
                "ct state . meta l4proto { new . tcp, invalid . tcp, established . udp }",
                f"ct original {family} saddr {world.prefix()}",
                f"ct reply {family} saddr {world.host()}",
                f"meta l4proto tcp ct original proto-dst {port}",
                "ct direction original",
                "ct status & dnat == dnat",
            ]
        return random.choice(choices)

    def _session(self) -> str:
        random = self.random
        world = self._world()
        family = "ip6" if world.v6 else "ip"
        original = f"ct original {family} daddr {self._maybe_not()}{world.prefix()}"
        status = random.choice(
            ("ct status dnat", "ct status snat", "fib daddr type local", "ct mark 0x0", "ct mark != 0x1")
        )
        state = f"ct state {random.choice(STATES)}"
        return random.choice((state, state, state, original, status))

    def _translating(self, base: str, several: bool) -> tuple[list[str], str]:
        random = self.random
        world = self._world()
        parts = self._conditions(base)
        kind = random.random()
        if kind < 0.15:
            return parts, random.choice(("accept", "return", "counter"))
        if kind < 0.3 and not several:
            return parts, random.choice(("jump N", "goto N"))
        chosen = self._destination(world) if "prerouting" in base else self._source(world)
        proto, statement = random.choice(chosen)
        return [*parts, *([f"meta l4proto {proto}"] if proto else [])], statement

    def _to(self, world: World) -> str:
        """``ip to`` in a table of both families, ``to`` in one of its own."""
        return f"{'ip6' if world.v6 else 'ip'} to" if self.family == "inet" else "to"

    def _destination(self, world: World) -> list[tuple[str, str]]:
        to, host, other, port = self._to(world), world.host(), world.host(), world.port()
        family = "ip6" if world.v6 else "ip"
        at = f"[{host}]" if world.v6 else host
        net = world.prefix().split("/")[0]
        length = 125 if world.v6 else 29
        return [
            ("", f"dnat {to} {host}"),
            (self._l4(), f"dnat {to} {at}:{port}"),
            ("", f"dnat {to} {world.range_from(host)}"),
            (self._l4(), f"redirect to :{port}"),
            ("", f"dnat {to} tcp dport map {{ 22 : {host}, 80 : {other} }}"),
            ("tcp", f"dnat {to} tcp dport map {{ 22 : {host} . {port}, 80 : {other} . 8080 }}"),
            ("", f"dnat {family} prefix to {family} daddr map {{ {net}/{length} : {world.network()} }}"),
        ]

    def _source(self, world: World) -> list[tuple[str, str]]:
        to, other, more = self._to(world), world.translated(), world.translated()
        family = "ip6" if world.v6 else "ip"
        at = f"[{other}]" if world.v6 else other
        net = world.prefix().split("/")[0]
        length = 125 if world.v6 else 29
        return [
            ("", f"snat {to} {other}"),
            (self._l4(), f"snat {to} {at}:2000-2063"),
            ("", f"snat {to} {world.range_from(other)}"),
            ("", "masquerade"),
            (self._l4(), "masquerade to :3000-3063"),
            (
                "",
                f"snat {to} {family} saddr map {{ {world.host()} : {other}, {world.network()} : {more} }}",
            ),
            ("", f"snat {family} prefix to {family} saddr map {{ {net}/{length} : {world.network()} }}"),
        ]

    def _l4(self) -> str:
        return self.random.choice(("tcp", "udp", "{ tcp, udp }"))

    def _maybe_not(self) -> str:
        return "!= " if self.random.random() < 0.2 else ""


def _clashes(rule: str) -> bool:
    transport = {PROTOCOL_OF.get(name, name) for found in TRANSPORT.findall(rule) for name in found if name}
    network = {NETWORK_OF.get(name, 4) for found in NETWORK.findall(rule) for name in found if name}
    return len(transport) > 1 or len(network) > 1
