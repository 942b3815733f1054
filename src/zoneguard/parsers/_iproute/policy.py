"""``ip rule`` as policy routes. Source: ip-rule(8), the kernel's ``fib_rules.c`` and ``fib_frontend.c``.

Rules are asked in order of priority. A rule looks its table up; where that has no route (or ``throw``, or one that the
rule suppresses) the next rule is asked. The rule for ``main`` is the model's ordinary lookup; what comes after it
applies where ``main`` has no route. A table becomes disjoint destinations: a rule's policy routes need no order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.device import Concern, PolicyRoute
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import NEVER, Field, In, both
from zoneguard.model.text import Reason
from zoneguard.parsers._iproute.routes import DISCARDING, Entry
from zoneguard.parsers._iproute.rules import PolicyRule
from zoneguard.parsers.accounting import Ledger

_BUILT_IN = ("local", "main", "default")
_MAIN_PRIORITY = 32766
MAX_POLICY_ROUTES = 20_000
"""Rules times routes is bounded by this."""


def policy_routes(
    rules: Sequence[PolicyRule], tables: Mapping[str, list[Entry]], ledger: Ledger
) -> tuple[PolicyRoute, ...]:
    """What the rules of one address family do; ``tables`` holds the routes of that family by table."""
    made: list[PolicyRoute] = []
    used = {name: _found(entries) for name, entries in tables.items()}
    main = used.get("main", [])
    after_main = False
    for rule in sorted(rules, key=lambda r: r.priority):
        if rule.action == "nop" or rule.table == "local" or rule.match == NEVER:
            continue
        if len(made) > MAX_POLICY_ROUTES:
            _uncertain(ledger, rule.span.first, Reason("more than {count} policy routes", count=MAX_POLICY_ROUTES))
            break
        if rule.action:
            _uncertain(
                ledger, rule.span.first, Reason("the rule's action {action} is not modelled", action=repr(rule.action))
            )
        elif rule.table == "main" and rule.priority == _MAIN_PRIORITY:
            after_main = True
        elif rule.table == "main":
            covered = Intervals.from_spans(s for e, spans in main if _counts(e, rule) for s in spans.spans)
            if covered:
                made.append(PolicyRoute(both(rule.match, In(Field.DST, covered)), rule.span))
        else:
            if rule.table not in tables and rule.table not in _BUILT_IN:
                _uncertain(
                    ledger,
                    rule.span.first,
                    Reason("the routes of table {table} are not in this file", table=rule.table),
                )
            for entry, destinations in used.get(rule.table, []):
                left = destinations - _union(main) if after_main else destinations
                made += _policy_route(rule, entry, left, ledger)
    if not after_main:
        _uncertain(ledger, min(r.span.first for r in rules), "no rule of the usual priority looks up main")
    return tuple(made)


def _policy_route(rule: PolicyRule, entry: Entry, destinations: Intervals, ledger: Ledger) -> Iterator[PolicyRoute]:
    if not _counts(entry, rule) or not destinations:
        return
    if entry.kind in DISCARDING:
        _uncertain(
            ledger, entry.span.first, Reason("{kind} in a table of policy routing is not modelled", kind=entry.kind)
        )
        return
    targets = tuple((hop.via, hop.device) for hop in entry.hops if not hop.dead)
    if targets:
        yield PolicyRoute(both(rule.match, In(Field.DST, destinations)), entry.span, targets)


def _counts(entry: Entry, rule: PolicyRule) -> bool:
    return entry.kind != "throw" and entry.prefix[1] > rule.suppress


def _uncertain(ledger: Ledger, line: int, reason: str) -> None:
    ledger.not_understood(line, reason, Concern.ROUTING)


def _union(parts: Sequence[tuple[Entry, Intervals]]) -> Intervals:
    return Intervals.from_spans(s for entry, spans in parts if entry.kind != "throw" for s in spans.spans)


def _found(entries: Sequence[Entry]) -> list[tuple[Entry, Intervals]]:
    """Each route that is used, with the destinations for which it is the longest."""
    best: dict[tuple[int, int], Entry] = {}
    for entry in entries:
        if entry.kind not in DISCARDING and all(hop.dead for hop in entry.hops):
            continue
        known = best.get(entry.prefix)
        if known is None or entry.metric < known.metric:
            best[entry.prefix] = entry
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {prefix: [] for prefix in best}
    for prefix, span in _longest(sorted(best)):
        spans[prefix].append(span)
    return [(best[prefix], Intervals.from_spans(parts)) for prefix, parts in spans.items()]


def _longest(prefixes: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Parts of each prefix that no longer one of ``prefixes`` (sorted by network, then length) takes."""
    open_prefixes: list[tuple[tuple[int, int], int]] = []
    cursor = 0
    for prefix in (*prefixes, (2 * V6, 0)):
        while open_prefixes and open_prefixes[-1][1] < prefix[0]:
            holder, high = open_prefixes.pop()
            if cursor <= high:
                yield holder, (cursor, high)
            cursor = max(cursor, high + 1)
        if open_prefixes and cursor < prefix[0]:
            yield open_prefixes[-1][0], (cursor, prefix[0] - 1)
        cursor = max(cursor, prefix[0])
        if prefix[0] < 2 * V6:
            open_prefixes.append((prefix, prefix_span(*prefix).spans[0][1]))
