"""The service matrix of one ruleset: which addresses behave alike for a service, and who may reach whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from zoneguard.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6
from zoneguard.model.device import Filter, Jump, NatRule, Permit, Rule, RuleList, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, SYN, All, AnyOf, ConnState, Field, In, Match, Not
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.packets import PacketSpace
from zoneguard.static.approximation import Approximation
from zoneguard.static.undecided import Apart, Together

SOURCE_PORT = 10000


class Reading(StrEnum):
    """How conditions are read that the ruleset alone does not decide; docs/explanation/service-matrix.md compares."""

    APART = "apart"  # each for itself: in doubt an ACCEPT matches and a DROP does not
    TOGETHER = "together"  # equal conditions have one answer for a packet: exact


@dataclass(frozen=True, slots=True)
class Service:
    """A new connection to port ``dport`` of protocol ``proto``."""

    proto: int
    dport: int
    sport: int = SOURCE_PORT

    def __str__(self) -> str:
        return f"{PROTOCOL_NAMES[self.proto]}/{self.dport}"

    @property
    def fields(self) -> dict[Field, int | None]:
        """The fields that all its opening packets share; ``None`` for those they do not have."""
        return {
            Field.PROTO: self.proto,
            Field.SPORT: self.sport,
            Field.DPORT: self.dport,
            Field.ICMP: None,
            Field.FLAGS: SYN if self.proto == 6 else None,
            Field.STATE: ConnState.NEW,
            Field.FRAGMENT: 0,
        }


def parse_service(text: str) -> Service:
    """``tcp/22``, or another protocol with ports. Raises ``ValueError``."""
    name, _, port = text.partition("/")
    numbers = {PROTOCOL_NAMES[p]: p for p in PORT_PROTOCOLS}
    if name not in numbers or not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) < 1 << 16):
        raise ValueError(text)
    return Service(numbers[name], int(port))


@dataclass(frozen=True, slots=True)
class AddressClass:
    """Addresses that the ruleset treats alike, as source and as destination."""

    name: str
    addresses: Intervals


@dataclass(frozen=True, slots=True)
class ServiceMatrix:
    """``classes`` in order of their lowest address; ``edges``: names of the classes from and to which some may pass."""

    classes: tuple[AddressClass, ...]
    edges: tuple[tuple[str, str], ...]


def service_matrix(
    named: Mapping[str, RuleList],
    rules: RuleList,
    service: Service,
    addresses: Intervals = ALL_V4,
    reading: Reading = Reading.APART,
    space: PacketSpace | None = None,
) -> ServiceMatrix:
    """The coarsest partition of ``addresses`` for ``service``, and the permitted edges between its classes.

    ``named`` holds the lists that ``rules`` jumps to. Packets that ``rules`` hands back to a caller may pass. Marks and
    translations are undecided, as a list alone does not tell what came before it.
    """
    space = space or PacketSpace()
    undecided = Apart(space) if reading is Reading.APART else Together(space)
    lists = Approximation(space, named, service.fields, undecided)
    passing = undecided.settle(lists.may_pass(rules))
    asked = space.field(Field.SRC, addresses) & space.field(Field.DST, addresses)
    return _matrix(list((passing & asked).by_destination()), addresses)


def _matrix(pairs: list[tuple[Intervals, Intervals]], addresses: Intervals) -> ServiceMatrix:
    """From ``(destinations, sources)``: disjoint destinations, each with exactly the sources that may reach them."""
    groups: dict[tuple[int, frozenset[int]], list[tuple[int, int]]] = defaultdict(list)
    for low, high, reached_by, reaches in _sweep(pairs, addresses):
        groups[reached_by, reaches].append((low, high))
    ordered = sorted(groups.items(), key=lambda item: item[1][0])
    names = {behaviour: str(number) for number, (behaviour, _) in enumerate(ordered, 1)}
    classes = tuple(AddressClass(names[behaviour], Intervals.from_spans(spans)) for behaviour, spans in ordered)
    reached: dict[int, list[int]] = defaultdict(list)
    for number, (reached_by, _) in enumerate(names, 1):
        reached[reached_by].append(number)
    edges = tuple(
        (source, str(number))
        for (_, reaches), source in names.items()
        for number in sorted(number for pair in reaches for number in reached[pair])
    )
    return ServiceMatrix(classes, edges)


def _sweep(
    pairs: list[tuple[Intervals, Intervals]], addresses: Intervals
) -> Iterator[tuple[int, int, int, frozenset[int]]]:
    """Stretches of addresses with the number of the pair whose destination they are (-1: none), and the numbers of
    those whose sources they are."""
    changes: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for number, (destinations, sources) in enumerate(pairs):
        for role, values in enumerate((destinations, sources)):
            for low, high in values.spans:
                changes[low].append((2 * number + role, True))
                changes[high + 1].append((2 * number + role, False))
    for low, high in addresses.spans:
        changes[low] += ()
        changes[high + 1] += ()
    points = sorted(changes)
    reached_by, reaches = -1, frozenset[int]()
    for low, after in pairwise(points):
        gone = {n for n, begins in changes[low] if not begins}
        come = {n for n, begins in changes[low] if begins}
        reaches = reaches - {n // 2 for n in gone if n % 2} | {n // 2 for n in come if n % 2}
        if 2 * reached_by in gone:
            reached_by = -1
        reached_by = next((n // 2 for n in come if not n % 2), reached_by)
        if low in addresses:
            yield low, after - 1, reached_by, reaches


def find_list(vrf: Vrf, name: str) -> RuleList:
    """The list of that full name, else the filter chain, else the first list whose name ends in it. ``KeyError``."""
    staged = {stage.rules.name: stage.rules for stage in _filters(vrf)}
    lists = {**staged, **vrf.lists}
    for wanted in (name, f"filter/{name}", *(known for known in lists if known.rpartition("/")[2] == name)):
        if wanted in lists:
            return lists[wanted]
    raise KeyError(name)


def asked_addresses(vrf: Vrf, rules: RuleList) -> Intervals:
    """The addresses of whose packets ``rules`` are asked: one family where the stage exempts the other.

    Of a list that no stage comes to, the families that its rules name; IPv4 where they name none.
    """
    for stage in _filters(vrf):
        if rules.name in _reached(vrf, stage.rules):
            exempt = Intervals()
            for rule in stage.rules.rules:
                if not (isinstance(rule.match, In) and rule.match.field is Field.SRC and _permits(rule)):
                    break
                exempt = exempt | rule.match.values
            return ALL_ADDRESSES - exempt
    named = [values for rule in rules.rules for values in _addresses(rule.match)]
    families = [f for f in (ALL_V4, ALL_V6) if any(f & values for values in named)]
    return families[0] if len(families) == 1 else ALL_ADDRESSES if families else ALL_V4


def _filters(vrf: Vrf) -> Iterator[Filter]:
    return (stage for stage in (*vrf.stages, *vrf.local) if isinstance(stage, Filter))


def _permits(rule: Rule | NatRule) -> bool:
    return isinstance(rule, Rule) and isinstance(rule.action, Permit)


def _reached(vrf: Vrf, rules: RuleList) -> set[str]:
    """The name of the list and the names of all it jumps to."""
    seen: set[str] = set()
    todo = [rules]
    while todo:
        actions = (rule.action for rule in todo.pop().rules if isinstance(rule, Rule))
        targets = {a.target for a in actions if isinstance(a, Jump) and a.target in vrf.lists} - seen
        seen |= targets
        todo += (vrf.lists[name] for name in targets)
    return seen | {rules.name}


def _addresses(match: Match) -> Iterator[Intervals]:
    if isinstance(match, In) and match.field in (Field.SRC, Field.DST):
        yield match.values
    elif isinstance(match, All | AnyOf):
        for part in match.parts:
            yield from _addresses(part)
    elif isinstance(match, Not):
        yield from _addresses(match.part)
