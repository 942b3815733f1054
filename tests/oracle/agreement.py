"""Whether ``trace`` and the kernel agree on rules and packets, and the fewest rules on which they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.oracle.frames import ON_THE_WIRE
from tests.oracle.netns import LOCAL, Lab, Probe, Seen
from tests.oracle.rulesets import Ruleset
from zoneguard.model.device import Concern, Device
from zoneguard.model.match import ACK, ICMP_PROTOCOLS, PORT_PROTOCOLS, SYN, ConnState, Field
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source, iproute, iptables
from zoneguard.parsers.assembly import with_routes
from zoneguard.static.trace import Context, Outcome, Step, run_context


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A packet, what the kernel did with it and what ``trace`` says that may happen."""

    rulesets: tuple[Ruleset, ...]
    probe: Probe
    seen: Seen
    may: tuple[Step, ...]

    def __str__(self) -> str:
        ways = "\n".join(f"  {s.outcome} {s.egress} {s.packet} {dict(s.pools)} {s.reason}" for s in self.may)
        rules = "\n".join(map(str, self.rulesets))
        return f"{self.probe}\nkernel: {self.seen}\ntrace:\n{ways}\n{rules}"


@dataclass(slots=True)
class Tally:
    """How often what was compared: a run that only ever saw drops proves little."""

    packets: int = 0
    forwarded: int = 0
    local: int = 0
    dropped: int = 0
    rewritten: int = 0
    open: int = 0

    def count(self, probe: Probe, seen: Seen, may: Sequence[Step]) -> None:
        """One packet on which both agree."""
        self.packets += 1
        self.dropped += seen.egress is None
        self.local += seen.egress is not None and seen.egress[1] == LOCAL
        self.forwarded += seen.egress is not None and seen.egress[1] != LOCAL
        self.rewritten += seen.packet is not None and _wire(seen.packet) != _wire(probe.packet)
        self.open += len({(s.outcome, s.egress) for s in may}) > 1


class Bench:
    """One box of a lab, and what ``ip addr`` and ``ip route`` say of it."""

    def __init__(self, lab: Lab, box: str) -> None:
        self.lab = lab
        self.box = box
        shown = [lab.run(box, "ip", *words) for words in (("addr",), ("-4", "route"), ("-6", "route"))]
        lines = ["$ ip addr", *shown[0].splitlines(), "$ ip -4 route", *shown[1].splitlines(), "$ ip -6 route"]
        source = Source("routes", (*lines, *shown[2].splitlines()))
        (self.table,) = iproute.parse(source, box).devices

    def load(self, rulesets: Sequence[Ruleset], flavour: str = "nft") -> None:
        """Replace all rules of the box."""
        if flavour == "nft":
            self.lab.run(self.box, "nft", "flush", "ruleset")
        for ruleset in rulesets:
            self.lab.load(self.box, str(ruleset), ruleset.v6, flavour)

    def device(self, rulesets: Sequence[Ruleset]) -> Device:
        """What the parsers make of the rules and of the box's routes. Fails where they do not understand a line."""
        text = "".join(map(str, rulesets))
        (parsed,) = iptables.parse(Source("rules", tuple(text.splitlines())), self.box).devices
        made = with_routes(parsed, self.table)
        missed = [m for m in made.uncertain if m.concern is not Concern.OTHER]
        assert not missed, f"{missed}\n{text}"
        return made

    def compare(
        self, rulesets: Sequence[Ruleset], probes: Sequence[Probe], tally: Tally, fresh: bool = True
    ) -> Disagreement | None:
        """Send ``probes`` through the rules that are loaded; the first on which kernel and ``trace`` differ.

        ``fresh``: each is to be the first packet of its connection.
        """
        (vrf,) = (made := self.device(rulesets)).vrfs
        context = Context(made, vrf)
        tracks = fresh and any(ruleset.tracks for ruleset in rulesets)
        for batch in batches(probes) if tracks else (probes,):
            if tracks:
                self.lab.forget_connections()
            for probe, seen in zip(batch, self.lab.send(batch), strict=True):
                may = run_context(context, probe.ingress[1], probe.packet).may
                if not any(agrees(seen, step, probe.packet) for step in may):
                    return Disagreement(tuple(rulesets), probe, seen, may)
                tally.count(probe, seen, may)
        return None

    def sessions(self, probes: Sequence[Probe]) -> list[Probe]:
        """Open a session with each probe, under rules that let everything pass: the packets that may follow in it.

        These are one more by the way of the first, and one by the way of the answer.
        """
        self.lab.forget_connections()
        opened = [
            (p, s) for p, s in zip(probes, self.lab.send(probes), strict=True) if s.egress and s.egress[1] != LOCAL
        ]
        answers = [Probe(s.egress, _reverse(p.packet, SYN | ACK)) for p, s in opened if s.egress]
        self.lab.send(answers)
        again = [replace(p, packet=replace(p.packet, flags=ACK if p.packet.flags else 0)) for p, _ in opened]
        back = [replace(a, packet=replace(a.packet, flags=ACK if a.packet.flags else 0)) for a in answers]
        self.lab.send(again)
        state = ConnState.ESTABLISHED
        return [replace(p, packet=replace(p.packet, state=state)) for p in (*again, *back)]

    def shrink(self, found: Disagreement, flavour: str = "nft") -> Disagreement:
        """The same disagreement with as few rules as it takes."""
        for number, ruleset in enumerate(found.rulesets):
            for smaller in ruleset.smaller():
                rulesets = (*found.rulesets[:number], smaller, *found.rulesets[number + 1 :])
                self.load(rulesets, flavour)
                again = self.compare(rulesets, [found.probe], Tally())
                if again is not None:
                    return self.shrink(again, flavour)
        return found


def batches(probes: Sequence[Probe]) -> Iterator[list[Probe]]:
    """``probes`` such that no two of one batch can be of one connection, translated or not.

    Those with ports differ in the source port, ICMP in its identifier (``frames.build``); of others there is one.
    """
    rest = list(probes)
    while rest:
        batch: list[Probe] = []
        later: list[Probe] = []
        taken: set[tuple[int, int]] = set()
        for probe in rest:
            key = probe.packet.proto, probe.packet.sport
            if key in taken and probe.packet.proto not in ICMP_PROTOCOLS:
                later.append(probe)
            else:
                taken.add(key)
                batch.append(probe)
        yield batch
        rest = later


def agrees(seen: Seen, step: Step, sent: Packet) -> bool:
    """Whether what the kernel did is what ``step`` says."""
    if step.outcome is Outcome.UNDETERMINED:
        return True
    if step.outcome in (Outcome.DENY, Outcome.NO_ROUTE):
        told = step.reject or step.outcome is Outcome.NO_ROUTE
        return seen.egress is None and (told or not seen.answer)
    if seen.egress is None or seen.packet is None or seen.egress[1] != (step.egress or LOCAL):
        return False
    pools = dict(step.pools)
    return all(
        seen.packet.get(f) in pools[f] if f in pools else seen.packet.get(f) == step.packet.get(f)
        for f in ON_THE_WIRE
        if f is not Field.SPORT or sent.proto in PORT_PROTOCOLS
    )


def _reverse(packet: Packet, flags: int) -> Packet:
    """The answer to ``packet``; of TCP with these flags."""
    back = replace(packet, src=packet.dst, dst=packet.src, sport=packet.dport, dport=packet.sport)
    return replace(back, flags=flags if packet.flags else 0)


def _wire(packet: Packet) -> tuple[int, ...]:
    return tuple(packet.get(f) for f in ON_THE_WIRE)
