"""Chains with their meaning: one rule list for each, and one more for a hook by which it means something else.

``-o`` in a chain called from PREROUTING never matches (the kernel knows no outgoing interface there), called from
FORWARD it does; NETMAP changes the destination before routing and the source after. Such a chain gets a list for each
hook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zoneguard.model.device import Action, Deny, NatRule, Permit, Return, Rule, RuleList
from zoneguard.model.match import both
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.ipset import IpSet
from zoneguard.parsers._iptables.matches import core_match, extension_match
from zoneguard.parsers._iptables.ruleset import TABLES, Calls, Chain, Table, calls
from zoneguard.parsers._iptables.scope import HOOKS, Hook, Marks, RuleScope, Scope
from zoneguard.parsers._iptables.syntax import RuleText
from zoneguard.parsers._iptables.targets import actions
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers.accounting import Ledger, joined

_TRANSLATING = frozenset({"DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"})
_AFTER_ROUTING = frozenset({"SNAT", "MASQUERADE"})


@dataclass(frozen=True, slots=True)
class Family:
    """What the chains of one address family share; ``loose_fragments``: see ``Scope``."""

    file: str
    v6: bool
    loose_fragments: bool
    prefix: str
    sets: Mapping[str, IpSet]
    marks: Marks
    ledger: Ledger


def rule_lists(family: Family, table: Table) -> dict[str, RuleList]:
    """Every chain of ``table`` by its name in the model: ``table/chain``, or ``table/chain@HOOK`` beside it."""
    known = calls(table)
    plain = {name: _main_hook(table, chain, known.hooks[name]) for name, chain in table.chains.items()}
    asked = {name: _asks(chain) for name, chain in table.chains.items()}
    names = {name: _names(family, table, known, plain, asked, hook) for name, hook in HOOKS.items()}
    lists: dict[str, RuleList] = {}
    for name, chain in table.chains.items():
        for hook in dict.fromkeys((plain[name], *(HOOKS[h] for h in known.hooks[name]))):
            model_name = names[hook.name][name]
            if model_name not in lists:
                scope = Scope(
                    table.name,
                    hook,
                    family.v6,
                    family.loose_fragments,
                    family.sets,
                    family.marks,
                    names[hook.name],
                    known.cut,
                    family.ledger,
                )
                lists[model_name] = _rule_list(model_name, chain, scope, family.file)
    return lists


def _main_hook(table: Table, chain: Chain, hooks: tuple[str, ...]) -> Hook:
    """The hook whose meaning the plain name has; of a chain that nothing calls, the one that suits its targets."""
    if chain.policy and chain.name in HOOKS:
        return HOOKS[chain.name]
    if hooks:
        return HOOKS[hooks[0]]
    if "FORWARD" in TABLES[table.name]:
        return HOOKS["FORWARD"]
    return HOOKS["POSTROUTING" if any(r.target in _AFTER_ROUTING for r in chain.rules) else "PREROUTING"]


def _names(
    family: Family,
    table: Table,
    known: Calls,
    plain: Mapping[str, Hook],
    asked: Mapping[str, frozenset[str]],
    hook: Hook,
) -> dict[str, str]:
    """The model's name of each chain as packets of ``hook`` come to it; ``asked`` as ``_asks`` has it."""
    differing = {main: _differing(known, asked, hook, main) for main in set(plain.values()) - {hook}}
    names: dict[str, str] = {}
    for name in table.chains:
        main = plain[name]
        own = main is not hook and hook.name in known.hooks[name] and name in differing[main]
        names[name] = f"{family.prefix}{table.name}/{name}" + (f"@{hook.name}" if own else "")
    return names


def _asks(chain: Chain) -> frozenset[str]:
    """What the chain does that may depend on the hook: ``i`` and ``o`` for interfaces, ``nat``."""
    asked: set[str] = set()
    for rule in chain.rules:
        asked.update(option.name for option in rule.core)
        if any(match.name == "set" for match in rule.matches):
            asked |= {"i", "o"}
        if rule.target in _TRANSLATING:
            asked.add("nat")
    return frozenset(asked & {"i", "o", "nat"})


def _differing(known: Calls, asked: Mapping[str, frozenset[str]], one: Hook, other: Hook) -> set[str]:
    """The chains that mean something else by hook ``one`` than by ``other``, because they or those below do."""
    changes = set()
    if one.egress != other.egress:
        changes.add("o")
    if (one.ingress, one.ingress_since_5_7) != (other.ingress, other.ingress_since_5_7):
        changes.add("i")
    if one.rewrites is not other.rewrites:
        changes.add("nat")
    different: set[str] = set()
    for name, below in known.below.items():  # callees come first
        if asked[name] & changes or not different.isdisjoint(below):
            different.add(name)
    return different


def _rule_list(name: str, chain: Chain, scope: Scope, file: str) -> RuleList:
    rules: list[Rule | NatRule] = []
    for text in chain.rules:
        rules += _rules(text, scope, file)
    policies: dict[str, Action] = {"ACCEPT": Permit(), "DROP": Deny()}
    default = Return() if chain.open else policies.get(chain.policy, Return())
    return RuleList(name, tuple(rules), default, SourceSpan(file, chain.line, chain.line))


def _rules(text: RuleText, scope: Scope, file: str) -> list[Rule | NatRule]:
    rule = RuleScope(scope, SourceSpan(file, text.line, text.line), _protocol(text), text.target)
    parts = core_match(rule, text.core)
    parts += (extension_match(rule, extension) for extension in text.matches)
    if text.problems:
        parts.append(rule.undecided(joined(text.problems[:3])))
    return actions(rule, text, both(*parts))


def _protocol(text: RuleText) -> int | None:
    for option in text.core:
        if option.name == "p" and not option.negated:
            try:
                return read.protocol(option.values[0])
            except UnreadableError:
                return None
    return None
