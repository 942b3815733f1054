"""A ruleset as a device: the one way from the tree to the model, for text and JSON alike."""

from __future__ import annotations

from itertools import groupby

from zoneguard.model.device import Concern, Deny, Device, Filter, Jump, Permit, Rule, RuleList, Stage, Vrf
from zoneguard.model.match import Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._nftables.chains import TableCompiler, place_of
from zoneguard.parsers._nftables.changes import MARK, changes
from zoneguard.parsers._nftables.pipeline import DEVICE_HOOKS, Base, leaving, local_stages, may_drop, stages
from zoneguard.parsers._nftables.priorities import CONNTRACK
from zoneguard.parsers._nftables.tree import Assign, Ruleset, Table, Untrack
from zoneguard.parsers.accounting import Ledger

_ARP = "filters ARP, not IP packets"
_DORMANT = "the table is dormant: the kernel does not ask it"
_TWICE = "which of the chains of one hook and priority is asked first is not in the export"


def device(source: Source, name: str, ruleset: Ruleset, ledger: Ledger) -> Parsed:
    """One device with one forwarding context, ``default``; closes the ledger."""
    active = [table for table in ruleset.tables.values() if not _left_out(table, ledger)]
    if not ruleset.tables and source.lines:
        ledger.not_understood(1, "no table of nftables is in this file", Concern.FILTER)
    known = changes(active)
    lists: dict[str, RuleList] = {}
    bases: list[Base] = []
    bridged: dict[str, RuleList] = {}
    for table in active:
        compiler = TableCompiler(source.file, table, known, ledger)
        compiler.compile()
        if table.family == "bridge":
            bridged |= compiler.lists
            continue
        lists |= compiler.lists
        bases += _bases(table, compiler, ledger)
    _note_order(bases, ledger)
    lists |= _several_translating(bases, lists, ledger)
    bridges = _bridges(source, active, bridged, ledger)
    vrf = Vrf(
        name="default",
        interfaces=frozenset(),
        routes=(),
        stages=(*bridges, *stages(bases)),
        lists=lists,
        local=local_stages(bases),
    )
    span = source.whole
    return Parsed((Device(name, "linux", (), (vrf,), span, ledger.uncertain),), ledger.close())


def _left_out(table: Table, ledger: Ledger) -> bool:
    reason = _ARP if table.family == "arp" else _DORMANT if table.dormant else ""
    for line in table.lines if reason else ():
        ledger.ignored(reason, line)
    return bool(reason)


def _bases(table: Table, compiler: TableCompiler, ledger: Ledger) -> list[Base]:
    found: list[Base] = []
    for chain in table.chains.values():
        if not chain.hook:
            continue
        place = place_of(chain)
        if place is None:
            ledger.not_understood(
                chain.line, Reason("the hook {hook} is not known", hook=repr(chain.hook[:40])), Concern.FILTER
            )
            continue
        if chain.hook in ("prerouting", "output") and chain.priority == CONNTRACK:
            ledger.not_understood(chain.line, "asked before or after connection tracking", Concern.FILTER)
        if chain.hook in DEVICE_HOOKS and not chain.devices:
            ledger.not_understood(chain.line, "a chain at a device that is not named", Concern.FILTER, bounded=True)
        plain = compiler.plain(chain.name)
        found.append(Base(table, chain, compiler.lists.get(f"{plain}@{place}", compiler.lists[plain])))
    return found


def _note_order(bases: list[Base], ledger: Ledger) -> None:
    """Report chains of equal priority where it matters which comes first: several that translate or mark."""
    ordered = sorted(bases, key=lambda b: (b.chain.hook, b.position))
    for (_, kind), group in groupby(ordered, key=lambda b: ((b.chain.hook, b.chain.priority), b.is_nat)):
        same = list(group)
        for family in ("ip", "ip6"):
            asked = [b for b in same if b.table.family in (family, "inet")]
            changing = [b for b in asked if b.rules.rules and (kind or _changes_packets(b.table))]
            if len(asked) > 1 and len(changing) > int(kind):
                for base in asked:
                    ledger.not_understood(base.chain.line, _TWICE, Concern.NAT if kind else Concern.FILTER)


def _several_translating(bases: list[Base], lists: dict[str, RuleList], ledger: Ledger) -> dict[str, RuleList]:
    """The lists of chains that translate, where a hook has several of them."""
    made: dict[str, RuleList] = {}
    for hook in {b.chain.hook for b in bases}:
        here = [b for b in bases if b.is_nat and b.chain.hook == hook]
        for base in here if len(here) > 1 else ():
            changed = leaving(base.rules)
            made[changed.name] = changed
            below = [r for r in base.rules.rules if isinstance(r, Rule) and isinstance(r.action, Jump)]
            if below and (isinstance(base.rules.default, Deny) or _accepts_below(base.rules, lists)):
                reason = "accept below one of several chains that translate, which goes on to the next, is not modelled"
                ledger.not_understood(base.chain.line, reason, Concern.NAT)
    return made


def _accepts_below(rules: RuleList, lists: dict[str, RuleList]) -> bool:
    seen: set[str] = set()
    waiting = [r.action.target for r in rules.rules if isinstance(r, Rule) and isinstance(r.action, Jump)]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in lists:
            continue
        seen.add(name)
        actions = [r.action for r in lists[name].rules if isinstance(r, Rule)]
        if any(isinstance(action, Permit) for action in actions):
            return True
        waiting += [action.target for action in actions if isinstance(action, Jump)]
    return False


def _changes_packets(table: Table) -> bool:
    """Whether some rule of the table sets marks or takes packets from connection tracking."""
    statements = (s for chain in table.chains.values() for rule in chain.rules for s in rule.statements)
    return any(isinstance(s, Untrack) or (isinstance(s, Assign) and s.target == MARK) for s in statements)


def _bridges(source: Source, tables: list[Table], lists: dict[str, RuleList], ledger: Ledger) -> tuple[Stage, ...]:
    """Frames that cross a bridge of the box may be dropped there, packets to be routed among them."""
    bridged = [c for t in tables if t.family == "bridge" for c in t.chains.values() if c.hook]
    if not bridged or not may_drop(lists):
        return ()
    for chain in bridged:
        ledger.not_understood(chain.line, "frames on a bridge are filtered here", Concern.FILTER, bounded=True)
    span = SourceSpan(source.file, bridged[0].line, bridged[0].line)
    drops = Rule(Unknown(Reason("a bridge of {file} drops it", file=source.file), span), Deny(), span, implied=True)
    return (Filter(RuleList("bridge", (drops,), Permit(), span)),)
