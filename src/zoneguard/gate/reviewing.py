"""Rule review: what is wrong with each device's lists, and how its permits are used by what the captures show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from zoneguard.checks import Case
from zoneguard.checks._forms import seen_forms
from zoneguard.checks._rendering import rows_of
from zoneguard.gate._sessions import Seen, seen_sessions
from zoneguard.gate._tightening import Proposal, tighter
from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Filter, Permit, Rule
from zoneguard.model.findings import Row
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.project import Project
from zoneguard.model.spans import SourceSpan
from zoneguard.static.analysis import Analysis, Kind
from zoneguard.static.waypoints import hairpin


class Use(StrEnum):
    """What the captures show of a permit between zones."""

    USED = "used"
    UNUSED = "unused"  # captures were taken where its sessions pass, and show none
    UNSEEN = "unseen"  # no capture was taken there
    UNDETERMINED = "undetermined"  # of the sessions captured so many were left out that they may be among these


@dataclass(frozen=True, slots=True)
class Usage:
    """A line that lets sessions pass between ``pairs`` of zones, and those of them that were answered (``seen``).

    ``proposal``: a tighter rule that covers all that was seen; ``None`` where nothing was, where it would be hardly
    tighter, where some of the traffic was seen only after translation, or where sessions were left out.
    """

    device: str
    span: SourceSpan
    rule: str
    pairs: tuple[tuple[str, str], ...]
    use: Use
    permitted: tuple[Row, ...]
    more_permitted: int = 0
    seen: tuple[Row, ...] = ()
    more_seen: int = 0
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class DeviceReview:
    """One device: its lists, and its permits between zones in the order of the files."""

    device: str
    analysis: Analysis
    usages: tuple[Usage, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """``captures``: how many were looked at; ``left_out``: how many sessions (hosts and service) were not held against
    the rules, because there are so many."""

    project: Project
    devices: tuple[DeviceReview, ...]
    captures: int
    left_out: int = 0

    @property
    def contradicted(self) -> bool:
        """Whether some rule is hidden by one that does the opposite."""
        return any(a.kind is Kind.CONTRADICTED for d in self.devices for a in d.analysis.anomalies)

    @property
    def undetermined(self) -> bool:
        """Whether something could not be decided."""
        return self.left_out > 0 or any(
            d.analysis.skipped or any(a.kind is Kind.UNDETERMINED for a in d.analysis.anomalies) for d in self.devices
        )


def review(case: Case) -> Review:
    """The review of every device of the project; of the configurations alone where nothing was captured."""
    assert case.static
    seen = seen_sessions(case) if case.dynamic and case.dynamic.accounts else None
    usages = list(_usages(case, seen)) if seen else []
    devices = (
        DeviceReview(device.name, analysis, tuple(u for u in usages if u.device == device.name))
        for device, analysis in zip(case.static.devices, case.analyses, strict=True)
    )
    return Review(
        case.project, tuple(devices), len(case.dynamic.accounts) if case.dynamic else 0, seen.more if seen else 0
    )


def _usages(case: Case, seen: Seen) -> Iterator[Usage]:
    parts: dict[SourceSpan, list[Crossing]] = {}
    for crossing in case.possible:
        for line in dict.fromkeys(line for hop in crossing.path for line in hop.lines):
            if not hairpin(crossing):
                parts.setdefault(line, []).append(crossing)
    for device, rule in _permits(case):
        if rule.span in parts:
            yield _usage(case, device, rule, parts.pop(rule.span), seen)


def _permits(case: Case) -> Iterator[tuple[str, Rule]]:
    for device in case.static.devices if case.static else ():
        for vrf in device.vrfs:
            lists = [stage.rules for stage in vrf.stages if isinstance(stage, Filter)]
            for rules in (*lists, *vrf.lists.values()):
                for rule in rules.rules:
                    if isinstance(rule, Rule) and isinstance(rule.action, Permit) and not rule.implied:
                        yield device.name, rule


def _usage(case: Case, device: str, rule: Rule, parts: list[Crossing], seen: Seen) -> Usage:
    space = case.space
    whole = space.union(*(case.view(crossing) for crossing in parts))
    direct = whole & seen.packets
    forms = [form & seen.packets for crossing in parts for form in seen_forms(crossing.packets.may())]
    used = bool(direct) or any(forms)
    unused = Use.UNDETERMINED if seen.more else Use.UNUSED
    use = Use.USED if used else unused if _watched(case, parts) else Use.UNSEEN
    proposed = direct and not seen.more and _shows_all(direct, forms)
    pairs = tuple(dict.fromkeys((c.source, c.destination) for c in parts))
    permitted, more_permitted = rows_of(case, whole)
    rows, more_rows = rows_of(case, direct) if direct else ((), 0)
    return Usage(
        device=device,
        span=rule.span,
        rule=rule.name,
        pairs=pairs,
        use=use,
        permitted=permitted,
        more_permitted=more_permitted,
        seen=rows,
        more_seen=more_rows,
        proposal=tighter(case, whole, direct, pairs) if proposed else None,
    )


def _shows_all(direct: PacketSet, forms: list[PacketSet]) -> bool:
    """Whether what was seen between the two hosts explains what was seen before or after translations.

    A translated source or destination hides one end; the other end and the service must have been seen directly too.
    """
    ends = ((Field.SRC, Field.SPORT), (Field.DST, Field.DPORT))
    return all(
        form <= direct or any(form.forget(*hidden) <= direct.forget(*hidden) for hidden in ends) for form in forms
    )


def _watched(case: Case, parts: list[Crossing]) -> bool:
    """Whether a capture was taken in a zone at an end of the sessions, or at an interface on their way."""
    assert case.dynamic
    points = case.dynamic.points.values()
    zones = {zone for c in parts for zone in (c.source, c.destination)}
    places = {(h.device, name) for c in parts for h in c.path for name in (h.ingress, h.egress)}
    return any(p.zone in zones or (p.device, p.interface) in places for p in points)
