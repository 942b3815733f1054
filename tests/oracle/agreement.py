"""Whether the kernel, ``trace`` and the set engine agree on rules and packets, and the least on which they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from tests.oracle.frames import ON_THE_WIRE
from tests.oracle.netns import LOCAL, Lab, Probe, Seen
from tests.oracle.rulesets import Ruleset
from tests.oracle.sets import SetEngine
from zoneguard.model.device import Concern, Device
from zoneguard.model.match import ICMP_PROTOCOLS, PORT_PROTOCOLS, Field
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source, iproute
from zoneguard.parsers.assembly import with_routes
from zoneguard.static.trace import Context, Outcome, Step, StepResult, run_context


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A packet, what the kernel did with it, what ``trace`` says that may happen, and what the set engine says."""

    ruleset: Ruleset
    probe: Probe
    seen: Seen
    may: tuple[Step, ...]
    sets: str

    def __str__(self) -> str:
        ways = "\n".join(f"  {s.outcome} {s.egress} {s.packet} {dict(s.pools)} {s.reason}" for s in self.may)
        return f"{self.probe}\nkernel: {self.seen}\ntrace:\n{ways}\nsets: {self.sets}\n{self.ruleset}"


@dataclass(slots=True)
class Tally:
    """How often what was compared: a run that only ever saw drops proves little.

    ``open``: the packet's fate was not decided by the input, in rulesets of which nothing is open. ``open_rulesets``:
    packets of rulesets that ask for a rate.
    """

    packets: int = 0
    forwarded: int = 0
    local: int = 0
    dropped: int = 0
    rewritten: int = 0
    open: int = 0
    open_rulesets: int = 0

    def count(self, probe: Probe, seen: Seen, result: StepResult, is_open: bool) -> None:
        """One packet on which all agree."""
        self.packets += 1
        self.dropped += seen.egress is None
        self.local += seen.egress is not None and seen.egress[1] == LOCAL
        self.forwarded += seen.egress is not None and seen.egress[1] != LOCAL
        self.rewritten += seen.packet is not None and _wire(seen.packet) != _wire(probe.packet)
        self.open += not is_open and result.outcome is Outcome.UNDETERMINED
        self.open_rulesets += is_open

    def add(self, other: Tally) -> None:
        """The counts of another run."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


class Bench:
    """One box of a lab, and what ``ip addr`` and ``ip route`` say of it."""

    def __init__(self, lab: Lab, box: str) -> None:
        self.lab = lab
        self.box = box
        self.table = routing_table(lab, box)

    def device(self, ruleset: Ruleset, exported: bool = False) -> Device:
        """What the parsers make of the rules and of the box's routes. Fails where they do not understand a line."""
        parsed = ruleset.parsed(self.lab, self.box, exported)
        made = with_routes(parsed.devices[0], self.table)
        missed = [m for m in made.uncertain if m.concern is not Concern.OTHER]
        assert not missed, f"{missed}\n{ruleset}"
        return made

    def compare(
        self, ruleset: Ruleset, probes: Sequence[Probe], tally: Tally, fresh: bool = True, exported: bool = False
    ) -> Disagreement | None:
        """Send ``probes`` through the rules that are loaded; the first on which kernel and models differ.

        ``fresh``: each is to be the first packet of its connection. ``exported``: the models read the tool's export.
        """
        judge = Judge(self.device(ruleset, exported), ruleset)
        tracks = fresh and ruleset.tracks
        for batch in batches(probes) if tracks else (probes,):
            if tracks:
                self.lab.forget_connections()
            for probe, seen in zip(batch, self.lab.send(batch), strict=True):
                found = judge.judge(probe, seen, tally)
                if found is not None:
                    return found
        return None


def shrunk(found: Disagreement, again: Callable[[Ruleset], Disagreement | None]) -> Disagreement:
    """The same disagreement with as few rules and conditions as it takes; ``again`` asks of less."""
    for smaller in found.ruleset.smaller():
        try:
            less = again(smaller)
        except (RuntimeError, AssertionError):
            continue  # the tool or the parser refuses what is left
        if less is not None:
            return shrunk(less, again)
    return found


class Judge:
    """Both engines for one device, made ready for many packets."""

    def __init__(self, device: Device, ruleset: Ruleset) -> None:
        (vrf,) = device.vrfs
        self._context = Context(device, vrf)
        self._sets = SetEngine(device)
        self._ruleset = ruleset

    def judge(self, probe: Probe, seen: Seen, tally: Tally) -> Disagreement | None:
        """Count the packet, or say how kernel and models differ on it."""
        ingress = probe.ingress[1]
        result = run_context(self._context, ingress, probe.packet)
        by_sets = self._sets.differs(ingress, probe.packet, seen, result)
        if by_sets or not any(agrees(seen, step, probe.packet) for step in result.may):
            return Disagreement(self._ruleset, probe, seen, result.may, by_sets or "agree with the kernel")
        tally.count(probe, seen, result, self._ruleset.open)
        return None


def routing_table(lab: Lab, box: str) -> Device:
    """The box's interfaces and routes as its own ``ip`` shows them."""
    commands = (("ip", "addr"), ("ip", "-4", "route"), ("ip", "-6", "route"))
    lines: list[str] = []
    for command in commands:
        lines += [f"$ {' '.join(command)}", *lab.run(box, *command).splitlines()]
    (table,) = iproute.parse(Source("routes", tuple(lines)), box).devices
    return table


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


def _wire(packet: Packet) -> tuple[int, ...]:
    return tuple(packet.get(f) for f in ON_THE_WIRE)
