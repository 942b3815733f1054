"""Real exports in the kernel: a box with the interfaces that they name, and packets around what they ask for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.oracle.agreement import Bench, Disagreement, Judge, Tally, batches
from tests.oracle.netns import Box, Lab, Probe
from tests.oracle.world import ICMP_KINDS, ICMPV6_KINDS, TCP_FLAGS, first_state
from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Device, Filter, RuleList, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ICMP_PROTOCOLS,
    PORT_PROTOCOLS,
    All,
    AnyOf,
    Egress,
    Field,
    In,
    Ingress,
    Match,
    Not,
    asks,
)
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source, iptables, nftables
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.reading import read_source

MOST_INTERFACES = 6
HIDDEN_MAC = re.compile(r"(?i)\bXX(?::XX){5}\b")
UNICAST = Intervals.from_spans([(1 << 24, (127 << 24) - 1), (128 << 24, (224 << 24) - 1)])
UNICAST_V6 = Intervals.span(parse_address("2000::"), parse_address("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))
OWN = Intervals.span(parse_address("198.51.100.0"), parse_address("198.51.100.255"))
OTHERS = tuple(parse_address(a) for a in ("192.0.2.7", "203.0.113.9", "10.1.2.3", "192.168.7.7", "172.16.3.3"))
OTHERS_V6 = tuple(parse_address(a) for a in ("2001:db8::7", "fd12::9"))


class RefusedError(Exception):
    """The kernel's tool does not take the export, in its own words."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file; a rule that hides a MAC address (``XX:XX:...``) is given one."""

    source: Source
    tool: str

    def __str__(self) -> str:
        return f"{self.source.file} by {self.tool}"

    @property
    def tracks(self) -> bool:
        """Each packet is sent alone, whatever the rules."""
        return True

    @property
    def open(self) -> bool:
        """What rates, times, lists of countries leave open is counted packet by packet."""
        return False

    def smaller(self) -> Iterator[Export]:
        """A real export stays whole."""
        return iter(())

    @property
    def parse(self) -> Parsed:
        """What the parser makes of it."""
        return nftables.parse(self.source, "fw") if self.tool == "nft" else iptables.parse(self.source, "fw")

    def load(self, lab: Lab, box: str) -> None:
        """Replace all rules of the box. Raises ``RefusedError``."""
        text = "\n".join(self.source.lines) + "\n"
        try:
            if self.tool == "nft":
                lab.run(box, "nft", "-f", "-", stdin=f"flush ruleset\n{text}")
            else:
                lab.run(box, f"{self.tool}-restore", stdin=text)
        except RuntimeError as error:
            raise RefusedError(str(error).splitlines()[0]) from error

    def parsed(self, _lab: Lab, _box: str, _exported: bool) -> Parsed:
        """See ``Ruleset.parsed``."""
        return self.parse


def read_export(path: Path, tool: str) -> Export:
    """The file as UTF-8 lines. Raises ``OSError``."""
    source = read_source(path, path.name)
    lines = tuple(HIDDEN_MAC.sub("02:00:00:00:53:01", line) for line in source.lines)
    return Export(Source(path.name, lines), tool)


def play_export(export: Export, packets: int, seed: int, tally: Tally) -> Disagreement | None:
    """Packets through one export, by the kernel and by the models; the first on which they differ.

    Raises ``RefusedError`` where the tool refuses it.
    """
    device = export.parse.devices[0]
    random = Random(f"{seed}/{export}")
    box = world_box(device)
    names = list(box.interfaces)
    with Lab({"fw": box}) as lab:
        export.load(lab, "fw")
        bench = Bench(lab, "fw")
        made = with_routes(device, bench.table)
        drawing = _Drawing(random, made)
        probes = [Probe(("fw", random.choice(names)), drawing.packet()) for _ in range(packets)]
        judge = Judge(made, export)
        for batch in batches(probes):
            lab.forget_connections()
            for probe, seen in zip(batch, lab.send(batch), strict=True):
                found = judge.judge(probe, seen, tally)
                if found is not None:
                    return found
    return None


def world_box(device: Device, most_interfaces: int = MOST_INTERFACES) -> Box:
    """A box with the interfaces that the rules ask for most, and one that none asks for.

    Each has addresses; the rest of the world is spread over them in sixteenths.
    """
    asked: Counter[str] = Counter()
    for rules in device.vrfs[0].lists.values():
        for rule in rules.rules:
            for part in asks(rule.match):
                named = part.names if isinstance(part, Ingress | Egress) else ()
                asked.update(name.replace("*", "0") for name in named)
    usable = [name for name, _ in asked.most_common() if re.fullmatch(r"[\w.@-]{1,15}", name) and name != "lo"]
    names = [*usable[: most_interfaces - 1], "other0"]
    interfaces = {name: (f"198.51.100.{4 * n + 1}/30", f"fd00:5::{n}:1/112") for n, name in enumerate(names)}
    routes = [f"{n << 4}.0.0.0/4 dev {names[n % len(names)]}" for n in range(14)]
    routes += [f"{n << 12:x}::/4 dev {names[n % len(names)]}" for n in range(2, 16)]
    return Box(interfaces, routes)


class _Drawing:
    """Draws packets around the values that the rules of a device ask for."""

    def __init__(self, random: Random, device: Device) -> None:
        self._random = random
        lists: list[RuleList] = list(device.vrfs[0].lists.values())
        self._matches = [rule.match for rules in lists for rule in rules.rules if any(asks(rule.match))]
        self._own = [a.address for i in device.interfaces for a in i.addresses]

    def packet(self) -> Packet:
        """A packet for some rule: inside or just outside of what it asks, in the state of a first packet."""
        random = self._random
        wanted: dict[Field, int] = {}
        for match in random.sample(self._matches, min(2, len(self._matches))):
            wanted = {**dict(self._values(match)), **wanted}
        v6 = any(wanted.get(field, 0) >= V6 for field in (Field.SRC, Field.DST))
        src = self._address(wanted.get(Field.SRC), v6, False)
        dst = self._address(wanted.get(Field.DST), v6, True)
        proto = wanted.get(Field.PROTO, random.choice((6, 6, 17, 58 if v6 else 1, 50)))
        if Field.DPORT in wanted and proto not in PORT_PROTOCOLS:
            proto = 6
        packet = Packet(src, dst, proto if proto in (1, 6, 17, 50, 58) else 50, mac=0x020000005302)
        if packet.proto in PORT_PROTOCOLS:
            sport, dport = wanted.get(Field.SPORT, random.randrange(1024, 65535)), wanted.get(Field.DPORT, 9)
            packet = replace(packet, sport=min(max(sport, 1), 65535), dport=min(max(dport, 1), 65535))
        if packet.proto == 6:
            packet = replace(packet, flags=wanted.get(Field.FLAGS, random.choice(TCP_FLAGS)) & 255)
        if packet.proto in ICMP_PROTOCOLS:
            kind, code = random.choice(ICMPV6_KINDS if v6 else ICMP_KINDS)
            packet = replace(packet, proto=58 if v6 else 1, icmp=kind << 8 | code)
        if random.random() < 0.5:
            packet = replace(packet, mac=wanted.get(Field.MAC, packet.mac))
        return replace(packet, state=first_state(packet))

    def _address(self, wanted: int | None, v6: bool, target: bool) -> int:
        """An address as asked for, if hosts may have it; a target may also be the box."""
        allowed = UNICAST_V6 if v6 else UNICAST - OWN
        if wanted is not None and wanted in allowed and (wanted >= V6) == v6:
            return wanted
        own = [a for a in self._own if (a >= V6) == v6] if target else []
        return self._random.choice([*(OTHERS_V6 if v6 else OTHERS), *own])

    def _values(self, match: Match) -> Iterator[tuple[Field, int]]:
        """A value for each field that the match asks for: an end of it, or one beyond."""
        if isinstance(match, In) and match.values:
            low, high = self._random.choice(match.values.spans)
            yield match.field, max(0, self._random.choice((low, low, high, high, low - 1, high + 1)))
        elif isinstance(match, All | AnyOf):
            for part in match.parts:
                yield from self._values(part)
        elif isinstance(match, Not):
            yield from self._values(match.part)


TOOLS = {"iptables-nft": "iptables", "iptables-legacy": "iptables", "nft": "nftables"}
"""The folder of the corpus that each tool is given."""


def exports(configs: Path, tool: str) -> Iterator[Export]:
    """The files of the corpus for a tool; ``configs`` has the folders.

    Not those of which no chain is asked at all: they hold only sets, or chains to be called.
    """
    for path in sorted((configs / TOOLS[tool]).iterdir()):
        if path.suffix == ".json":
            continue
        export = read_export(path, tool)
        (vrf,) = export.parse.devices[0].vrfs
        if any(isinstance(stage, Filter | Translate) for stage in (*vrf.stages, *vrf.local)):
            yield export
