"""One forwarding context: the packet runs through its stages in order and is forwarded, answered, dropped or lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from zoneguard.model.addresses import V6, format_address
from zoneguard.model.device import Deny, Device, Filter, NatRule, Routing, Stage, Translate, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, In, names_match
from zoneguard.model.packet import Packet
from zoneguard.model.text import N_, Text
from zoneguard.static._trace_choices import Doubt, UndecidableError
from zoneguard.static._trace_packet import Traveller
from zoneguard.static._trace_routing import NoRoute, RoutingTable
from zoneguard.static._trace_rules import Decision, RuleRunner
from zoneguard.static._trace_session import OTHER_END, Session

SESSION = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
MANY = In(
    Field.DST,
    Intervals.from_spans(
        [(224 << 24, (240 << 24) - 1), ((1 << 32) - 1, (1 << 32) - 1), (V6 + (255 << 120), 2 * V6 - 1)]
    ),
)


class Outcome(StrEnum):
    FORWARD = "forward"
    LOCAL = "local"
    DENY = "deny"
    NO_ROUTE = "no-route"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Step:
    """What one context did with a packet, in one of the ways that the input leaves open.

    ``packet`` is as it left, or as it was when it ended; ``pools`` are the fields that have one value of several:
    ``packet`` shows the lowest. ``next_hop`` ``None``: the destination itself is on the link. ``into``: the context of
    the same device that goes on. ``decisions`` are all lines that had a say, in order, at least one.
    """

    outcome: Outcome
    packet: Packet
    reason: Text
    egress: str = ""
    next_hop: int | None = None
    into: str = ""
    reject: bool = False
    pools: tuple[tuple[Field, Intervals], ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def deciding(self) -> Decision:
        """The line to show: what ended the packet, else the last rule that let it pass, else the route."""
        if self.outcome in (Outcome.FORWARD, Outcome.LOCAL):
            for kinds in (("rule", "session"), ("default",)):
                for decision in reversed(self.decisions):
                    if decision.kind in kinds:
                        return decision
        return self.decisions[-1]


class _DroppedError(Exception):
    def __init__(self, reject: bool) -> None:
        self.reject = reject


class Context:
    """The forwarding context ``vrf`` of ``device``, made ready to run packets."""

    def __init__(self, device: Device, vrf: Vrf) -> None:
        self.device = device
        self.vrf = vrf
        self.table = RoutingTable(vrf, device.interfaces)
        self._interfaces = {i.name: i for i in device.interfaces}
        self._runner = RuleRunner(vrf.lists, self._interfaces)

    def run(self, packet: Traveller, ingress: str, session: Session | None = None) -> Step:
        """Run ``packet``, which came in by ``ingress``, to one outcome. ``session``: that it answers, as known here."""
        packet.enter(self.device.name, ingress)
        decisions: list[Decision] = []
        step = Step(Outcome.DENY, packet.packet, Text(""))
        try:
            step = self._run(packet, decisions, session)
            if session is not None:
                session.restore(packet, Field.DST)
        except _DroppedError as dropped:
            reason = N_("{device}: {rule} denies it", device=self.device.name, rule=decision_text(decisions[-1]))
            step = replace(step, reason=reason, reject=dropped.reject)
        except UndecidableError as undecidable:
            if undecidable.span is not None:
                decisions.append(Decision("unknown", undecidable.span))
            step = replace(step, outcome=Outcome.UNDETERMINED, reason=undecidable.reason)
        if not decisions:
            decisions.append(Decision("device", self.device.span, self.device.name))
        pools = tuple(sorted(packet.pools.items()))
        return replace(step, packet=packet.packet, egress=packet.egress, pools=pools, decisions=tuple(decisions))

    def _run(self, packet: Traveller, decisions: list[Decision], session: Session | None) -> Step:
        name = self.device.name
        interface = self._interfaces.get(packet.ingress)
        if interface is not None and not interface.enabled:
            decisions.append(Decision("interface", interface.span, interface.name))
            reason = N_("{device}: the interface {interface} is disabled", device=name, interface=interface.name)
            return Step(Outcome.DENY, packet.packet, reason)
        if session is not None and not session.knows(packet):
            raise UndecidableError(N_("the answer comes to {device} otherwise than the session left it", device=name))
        if session is not None:
            decisions += session.lines
            self._restore_early(packet, session, Field.SRC)
        step: Step | None = None
        for stage in self.vrf.stages:
            if not isinstance(stage, Routing):
                if session is None or isinstance(stage, Filter):
                    self._stage(packet, stage, decisions)
                elif _applies(stage, packet):
                    session.restore(packet, OTHER_END[stage.field])
                continue
            if session is not None:
                session.restore(packet, Field.SRC)
            if packet.holds(In(Field.DST, self.table.own)):
                return self._answer(packet, decisions)
            step = self._route(packet, decisions)
            packet.egress = step.egress
            if step.outcome is not Outcome.FORWARD or step.into:
                return step
            if session is not None:
                self._restore_early(packet, session, Field.DST)
        if step is None:
            raise UndecidableError(N_("{device} has a pipeline without routing", device=name), self.device.span)
        return step

    def _restore_early(self, packet: Traveller, session: Session, end: Field) -> None:
        """Undo what the session's first packet had done to its ``end``, before the filters on this side of routing.

        Its source is the answer's destination, and so undone before routing; its destination after. A stage that
        translates the like says at which filter it happens; where there is none, it may be before them or behind.
        """
        stages = (stage for stage in self.vrf.stages if isinstance(stage, Translate) and _applies(stage, packet))
        if session.came == session.left or any(OTHER_END[stage.field] is end for stage in stages):
            return
        doubt = Doubt(
            N_("whether {device} filters an answer before it undoes the translation", device=self.device.name),
            session.span,
        )
        if packet.script.choose(doubt, 2) == 0:
            session.restore(packet, end)

    def _answer(self, packet: Traveller, decisions: list[Decision]) -> Step:
        owners = (i for i in self._interfaces.values() if any(packet.packet.dst == a.address for a in i.addresses))
        decisions += [Decision("interface", i.span, i.name) for i in owners]
        for stage in self.vrf.local:
            self._stage(packet, stage, decisions)
        address = format_address(packet.packet.dst)
        return Step(
            Outcome.LOCAL, packet.packet, N_("{device} itself is {address}", device=self.device.name, address=address)
        )

    def _route(self, packet: Traveller, decisions: list[Decision]) -> Step:
        name = self.device.name
        if packet.holds(MANY):
            raise UndecidableError(
                N_("{address} is a multicast or broadcast address", address=format_address(packet.packet.dst))
            )
        if not self.vrf.forwards:
            return Step(Outcome.DENY, packet.packet, N_("{device} does not forward packets", device=name))
        target = self.table.choose(packet)
        address = format_address(packet.packet.dst)
        if isinstance(target, NoRoute):
            decisions += [Decision("inactive-route", span) for span in target.inactive]
            reason = N_("{device} has no route to {address}", device=name, address=address)
            if target.inactive:
                reason = N_("{device} has only routes to {address} that are down", device=name, address=address)
            return Step(Outcome.NO_ROUTE, packet.packet, reason)
        decisions.append(Decision("policy-route" if target.policy else "route", target.span))
        if target.blackhole:
            reason = N_("{device} discards what goes to {address} (blackhole route)", device=name, address=address)
            return Step(Outcome.DENY, packet.packet, reason)
        reason = N_("{device} forwards it by {interface}", device=name, interface=target.egress or target.into)
        return Step(Outcome.FORWARD, packet.packet, reason, target.egress, target.next_hop, target.into)

    def _stage(self, packet: Traveller, stage: Stage, decisions: list[Decision]) -> None:
        if isinstance(stage, Routing) or not _applies(stage, packet):
            return
        if isinstance(stage, Filter) and stage.stateful and packet.holds(SESSION):
            decisions.append(Decision("session", stage.rules.span, stage.rules.name))
            return
        action, decision = self._runner.run(packet, stage.rules)
        if isinstance(action, NatRule):
            decisions.append(decision)
            self._runner.translate(packet, action, stage.field if isinstance(stage, Translate) else None)
        elif isinstance(action, Deny):
            decisions.append(decision)
            raise _DroppedError(action.reject)
        elif isinstance(stage, Filter):
            decisions.append(decision)
        elif decision.kind == "rule":
            decisions.append(replace(decision, kind="nat"))


def _applies(stage: Filter | Translate, packet: Traveller) -> bool:
    return (stage.ingress is None or names_match(stage.ingress, packet.ingress)) and (
        stage.egress is None or names_match(stage.egress, packet.egress)
    )


def decision_text(decision: Decision) -> str:
    """The rule as a person would point at it: its name, if any, and its line."""
    return f"{decision.name} ({decision.span})" if decision.name else str(decision.span)


def contexts(device: Device) -> Mapping[str, Context]:
    """Every forwarding context of ``device``, by name."""
    return {vrf.name: Context(device, vrf) for vrf in device.vrfs}
