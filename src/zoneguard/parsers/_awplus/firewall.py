"""``firewall`` and ``nat``: rules in order of their numbers.

``portfwd`` and ``netmap … with dst`` come before the firewall, which so sees the addresses behind a translation;
``masq`` and ``netmap … with src`` come after it, so that it sees inner sources ("UTM / NAT"). With ``protect`` what no
rule permits is dropped, also where there is no rule ("rule" of the firewall mode). NAT is for IPv4 alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import ALL_V4, V6
from zoneguard.model.device import (
    Action,
    Concern,
    Continue,
    Deny,
    EgressAddress,
    Filter,
    KeepHost,
    NatRule,
    Permit,
    Rewrite,
    Rule,
    RuleList,
    SetTo,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match, Unknown, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._awplus.config import Config, FirewallRule, TranslationRule
from zoneguard.parsers._awplus.entities import Book
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.words import UnreadableError, Words, is_number, number

NOT_PROTECTING = "rule of a firewall that no `protect` switches on"
NOT_TRANSLATING = "rule of a NAT that no `enable` switches on"
_ACTIONS: dict[str, Action] = {
    "permit": Permit(), "deny": Deny(), "reject": Deny(reject=True), "log": Continue(),
}  # fmt: skip


def read_firewall(line: Line, config: Config) -> None:
    """The ``firewall`` block."""
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        if words == ("protect",):
            config.ledger.understood(child.number)
            config.protect = child.span
        elif words == ("no", "protect"):
            config.ledger.understood(child.number)
            config.protect = None
        elif words[0] == "rule":
            if not config.read(child, Concern.FILTER, lambda each: _rule(each, config), bounded=True):
                _unreadable(child, config)
        elif words[0] in ("log", "connection-limit", "connection-log", "debug", "session"):
            config.ledger.ignored("limits and logs: can only withhold, never open", child.number)
        else:
            config.ledger.understood(child.number)
            config.not_understood(child.number, "this line of the firewall is not known", Concern.FILTER)


def _rule(line: Line, config: Config) -> None:
    words = Words(line.words[1:])
    sequence = _sequence(words, config.rules)
    action = words.take().lower()
    if action not in _ACTIONS:
        raise UnreadableError(Reason("not an action of the firewall: {action}", action=action[:40]))
    application, source, destination = _who(words)
    for word in words.rest:
        if word not in ("log", "no-state-enforcement"):
            raise UnreadableError(Reason("not an option of a firewall rule that is known: {word}", word=word[:40]))
    config.rules[sequence] = FirewallRule(sequence, line.span, action, application, source, destination)


def _unreadable(line: Line, config: Config) -> None:
    """Keep the place of a rule that cannot be read: it may permit, deny, or not match."""
    given = line.words[1] if len(line.words) > 1 else ""
    sequence = int(given) if is_number(given) else max(config.rules, default=0) + 1
    config.rules[sequence] = FirewallRule(sequence, line.span, "", "", "", "")


def _sequence(words: Words, known: dict[int, FirewallRule] | dict[int, TranslationRule]) -> int:
    return number(words.take(), 1, 65535) if is_number(words.peek()) else max(known, default=0) + 10


def _who(words: Words) -> tuple[str, str, str]:
    """``APPLICATION from ENTITY to ENTITY``."""
    application = words.take()
    if not words.took("from"):
        raise UnreadableError("a rule without source")
    source = words.take()
    destination = words.take() if words.took("to") else ""
    return application, source, destination


def firewall_rules(config: Config, book: Book) -> RuleList | None:
    """The firewall's rules; ``None`` where it does not protect."""
    if config.protect is None:
        for rule in config.rules.values():
            config.ledger.ignored(NOT_PROTECTING, rule.span.first)
        return None
    rules: list[Rule] = []
    for sequence, rule in sorted(config.rules.items()):
        name = f"firewall rule {sequence}"
        if not rule.action:
            for word, action in ((Reason("permits"), Permit()), (Reason("drops"), Deny())):
                rules.append(
                    Rule(
                        Unknown(
                            Reason("{name} of {name2} {word} it", name=name, name2=config.name, word=word), rule.span
                        ),
                        action,
                        rule.span,
                        name,
                    )
                )
            continue
        if not rule.destination:
            config.not_understood(rule.span.first, "a firewall rule without destination", Concern.FILTER, bounded=True)
        target = (
            book.entity(rule.destination, Field.DST, rule.span)
            if rule.destination
            else Unknown(Reason("{name} of {name2} has a destination", name=name, name2=config.name), rule.span)
        )
        match = both(
            book.application(rule.application, rule.span), book.entity(rule.source, Field.SRC, rule.span), target
        )
        rules.append(Rule(match, _ACTIONS[rule.action], rule.span, name))
    return RuleList("firewall", tuple(rules), Deny(), config.protect)


def firewall_stage(rules: RuleList) -> Filter:
    """The firewall keeps the state of connections: what belongs to one that was permitted passes."""
    return Filter(rules, stateful=True)


def read_nat(line: Line, config: Config) -> None:
    """The ``nat`` block."""
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        if words == ("enable",):
            config.ledger.understood(child.number)
            config.nat = child.span
        elif words == ("no", "enable"):
            config.ledger.understood(child.number)
            config.nat = None
        elif words[0] == "rule":
            config.read(child, Concern.NAT, lambda each: _translation(each, config))
        elif words[0] in ("log", "port-reservation", "debug"):
            config.ledger.ignored("limits and logs: can only withhold, never open", child.number)
        else:
            config.ledger.understood(child.number)
            config.not_understood(child.number, "this line of NAT is not known", Concern.NAT)


def _translation(line: Line, config: Config) -> None:
    words = Words(line.words[1:])
    sequence = _sequence(words, config.translations)
    kind = words.take().lower()
    if kind not in ("masq", "portfwd", "netmap"):
        raise UnreadableError(Reason("not an action of NAT: {kind}", kind=kind[:40]))
    application, source, destination = _who(words)
    side, to, dport = "src" if kind == "masq" else "dst", "", None
    if words.took("with"):
        side, to = words.take().lower(), words.take()
        if words.took("dport"):
            dport = number(words.take(), 1, 65535)
    if words.peek() not in ("", "log") or side not in ("src", "dst"):
        raise UnreadableError("not an option of a NAT rule that is known")
    if not to and kind != "masq":
        raise UnreadableError("a NAT rule without the address to translate to")
    config.translations[sequence] = TranslationRule(
        sequence, line.span, kind, application, source, destination, side, to, dport
    )


def translations(config: Config, book: Book) -> tuple[Translate | None, Translate | None]:
    """The stages before routing and after the firewall."""
    if config.nat is None:
        for rule in config.translations.values():
            config.ledger.ignored(NOT_TRANSLATING, rule.span.first)
        return None, None
    before, after = (list(_side(config, book, field)) for field in (Field.DST, Field.SRC))
    span = config.nat
    return (
        Translate(RuleList("nat: portfwd, netmap dst", tuple(before), Permit(), span), Field.DST) if before else None,
        Translate(RuleList("nat: masq, netmap src", tuple(after), Permit(), span), Field.SRC) if after else None,
    )


def _side(config: Config, book: Book, field: Field) -> Iterator[NatRule]:
    for sequence, rule in sorted(config.translations.items()):
        if rule.side != field.value:
            continue
        rewrites = _rewrites(rule, field, book)
        if rewrites is None:
            reason = Reason('the addresses of "{to}" are not known, or not as many as they are to replace', to=rule.to)
            config.not_understood(rule.span.first, reason, Concern.NAT)
            continue
        match = both(
            In(Field.DST, ALL_V4),
            book.application(rule.application, rule.span),
            book.entity(rule.source, Field.SRC, rule.span),
            _destination(rule, field, config, book),
        )
        yield NatRule(match, rule.span, rewrites, f"nat rule {sequence}")


def _destination(rule: TranslationRule, field: Field, config: Config, book: Book) -> Match:
    if rule.destination:
        return book.entity(rule.destination, Field.DST, rule.span, by_interface=field is Field.SRC)
    if field is Field.SRC:
        return ALWAYS
    own = Intervals.of(*(a.address for p in config.ports.values() for a in p.addresses if a.address < V6))
    config.not_understood(
        rule.span.first,
        "which destinations a portfwd without `to` takes is not documented, but for the router's own addresses",
        Concern.NAT,
        bounded=True,
    )
    return either(
        In(Field.DST, own), Unknown(Reason("nat rule {number} takes any destination", number=rule.number), rule.span)
    )


def _rewrites(rule: TranslationRule, field: Field, book: Book) -> tuple[Rewrite, ...] | None:
    """What the rule writes; ``None`` where that is not in the file."""
    if not rule.to:
        return (EgressAddress(),)
    interface = book.dynamic(rule.to)
    target = book.addresses(rule.to)
    if interface and target is None:
        return (EgressAddress(),) if field is Field.SRC else None
    if not target or target.spans[-1][1] >= V6:
        return None
    if rule.kind == "netmap":
        replaced = book.addresses(rule.source if field is Field.SRC else rule.destination)
        if replaced is None or len(replaced.spans) != 1 or len(target.spans) != 1 or replaced.size != target.size:
            return None
        bits = (target.size - 1).bit_length()
        if target.size & (target.size - 1) or target.first & (target.size - 1):
            return None
        return (KeepHost(field, target.first, bits) if bits else SetTo(field, target),)
    ports = (SetTo(Field.DPORT, Intervals.of(rule.dport)),) if rule.dport is not None else ()
    return (SetTo(field, target), *ports)
