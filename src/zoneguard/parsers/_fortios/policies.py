"""FortiOS firewall policies as conditions.

Sources of the meaning (Fortinet document library and knowledge base):

- order is that of the table; a policy without ``action`` denies, without ``status`` it is in force (CLI reference).
- destination translation goes before the policies, so services mean the ports after it.
- without central NAT a packet that a VIP translated meets a policy only if its destinations name the VIP, or, where
  ``match-vip`` holds, by its address. ``match-vip`` is off by default up to 7.2.2 and on, for policies that deny, from
  7.2.4 (the sources differ about 7.2.3); policies that accept may carry it before 6.4.3 only.
- users, devices, schedules and vendor databases are not in the file: such a policy may or may not take a packet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zoneguard.model.device import Action, Concern, Deny, Permit
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Egress, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios.addresses import AddressBook, AddressMatch
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.policy_schema import note
from zoneguard.parsers._fortios.services import ServiceBook
from zoneguard.parsers._fortios.vip_entry import Vip
from zoneguard.parsers._fortios.vips import VipBook, translated
from zoneguard.parsers._fortios.zones import InterfaceNames

_PLAIN = In(Field.DNAT, Intervals.of(0))
_BY_VIP = In(Field.DNAT, Intervals.of(1))


@quick
@dataclass(frozen=True, slots=True)
class Side:
    """What a policy asks of the addresses of one family.

    ``target`` is of the packet as it meets the policies, ``original`` of the same packet before a VIP translated it.
    ``by_vip``: it was translated by one of ``vips``, which the policy names. ``plain``: it names other destinations.
    """

    source: Match
    target: Match
    original: Match = ALWAYS
    by_vip: Match = NEVER
    vips: tuple[Vip, ...] = ()
    plain: bool = True


@quick
@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. ``ingress`` / ``egress`` of ``None``: any interface. ``match`` is the whole of its condition.

    ``otherwise``: packets that it denies if it does not accept them, for an action that is not known. ``rest`` is what
    it asks besides interfaces and addresses.
    """

    name: str
    entry: Block
    span: SourceSpan
    action: Action
    enabled: bool
    match: Match
    ingress: frozenset[str] | None
    egress: frozenset[str] | None
    sides: tuple[Side, ...]
    rest: tuple[Match, ...]
    comment: str
    otherwise: Match | None = None

    @property
    def accepts(self) -> bool:
        """In force, and lets packets pass."""
        return self.enabled and isinstance(self.action, Permit)


@dataclass(frozen=True, slots=True)
class Family:
    """The names of one address family, and the ending of the settings by which a policy uses them."""

    book: AddressBook
    vips: VipBook
    suffix: str


@dataclass(slots=True)
class PolicyReader:
    """Reads the policies of one VDOM. ``central``: VIPs apply to all, and policies see only what they lead to.

    ``sides`` are the settings of the interfaces by which a packet comes and leaves (empty: none).
    """

    export: Export
    scope: Scope
    names: InterfaceNames
    services: ServiceBook
    schedules: Mapping[str, bool | None]
    central: bool
    default_action: str = "deny"
    sides: tuple[str, str] = ("srcintf", "dstintf")

    def read(self, table: Block, families: tuple[Family, ...]) -> Iterator[Policy]:
        """The policies of a table in their order; disabled ones too."""
        for entry in table.entries.values():
            yield self._policy(entry, families)

    def _policy(self, entry: Block, families: tuple[Family, ...]) -> Policy:
        enabled = entry.word("status", "enable") != "disable"
        doubts: list[Doubt] = []
        came, ingress = self._interfaces(entry, self.sides[0], doubts)
        leaves, egress = self._interfaces(entry, self.sides[1], doubts)
        rest = tuple(m for m in (self._service(entry, doubts), *self._extras(entry, doubts)) if m is not ALWAYS)
        sides = tuple(s for s in (self._side(entry, family, doubts) for family in families) if s is not None)
        if not sides:
            doubts.append(Doubt(entry.first, "this policy names no source or no destination"))
            key = Reason("the addresses of policy {name} are met", name=entry.name)
            sides = (Side(self.export.unknown(self.scope, key, entry.first), ALWAYS),)
        where = [m for m in (came, leaves) if m is not ALWAYS]
        match = both(*where, either(*(both(side.source, side.target) for side in sides)), *rest)
        otherwise = None
        if entry.word("action", self.default_action) not in ("accept", "deny", "ipsec", "learn"):
            line = entry.line("action")
            doubts.append(Doubt(line, "this action is not known: it may accept or deny"))
            otherwise, match = (
                match,
                both(match, self.export.unknown(self.scope, Reason("policy {name} accepts", name=entry.name), line)),
            )
        if enabled:
            self.export.doubt(doubts)
        title = entry.word("name")
        return Policy(
            f"policy {entry.name} ({title})" if title else f"policy {entry.name}",
            entry,
            self.export.span(entry),
            self._action(entry),
            enabled,
            match,
            ingress,
            egress,
            sides,
            rest,
            entry.word("comments"),
            otherwise,
        )

    def _action(self, entry: Block) -> Action:
        if entry.word("action", self.default_action) == "deny":
            return Deny(reject=entry.enabled("send-deny-packet"))
        return Permit()

    def _interfaces(self, entry: Block, name: str, doubts: list[Doubt]) -> tuple[Match, frozenset[str] | None]:
        words = entry.values(name)
        line = entry.line(name)
        if not name:
            return ALWAYS, None
        if not words:
            doubts.append(Doubt(line, Reason('this policy has no "{name}"', name=name)))
            return self.export.unknown(
                self.scope, Reason("policy {name} without {name2}", name=entry.name, name2=name), line
            ), None
        found, more = self.names.resolve(words, line)
        doubts += more
        if found is None:
            return ALWAYS, None
        match: Match = Ingress(found) if name == self.sides[0] else Egress(found)
        if more:
            match = either(
                match,
                self.export.unknown(
                    self.scope, Reason('"{name}" of policy {name2} holds', name=name, name2=entry.name), line
                ),
            )
        return match, found

    def _side(self, entry: Block, family: Family, doubts: list[Doubt]) -> Side | None:
        """``None``: the policy does not speak of this family."""
        if f"srcaddr{family.suffix}" not in entry.settings and not entry.enabled(_source_service(family)):
            return None
        source = self._source(entry, family, doubts)
        if source is None:
            return None
        service = self._database(entry, family, "internet-service", Field.DST, doubts)
        if service is not None:
            return Side(source, service)
        name = f"dstaddr{family.suffix}"
        words = entry.values(name)
        if not words:
            return None
        line = entry.line(name)
        vips = family.vips.named(words)
        plain = tuple(w for w in words if w not in family.vips) if family.vips.vips else words
        known = family.book.union(plain, line)
        doubts += known.doubts
        target, original = known.on(Field.DST), known.on(Field.ORIG_DST)
        if entry.enabled(f"{name}-negate"):
            target, original = both(In(Field.DST, family.book.family), Not(target)), ALWAYS
            if vips:
                doubts.append(Doubt(line, "what the negation of a VIP means is not documented"))
                return Side(
                    source,
                    self.export.unknown(self.scope, Reason("policy {name} takes the packet", name=entry.name), line),
                )
        if self.central or not family.vips.vips:
            return Side(source, target, original)
        doubts += [doubt for vip in vips.values() for doubt in vip.doubts]
        parts = [translated(vips)] if vips else []
        by_vip = parts[0] if parts else NEVER
        if plain:
            if not entry.enabled("match-vip-only"):
                parts.append(both(_PLAIN, target))
            again = self._match_vip(entry, family, known, doubts)
            parts += [again] if again is not NEVER else []
        return Side(source, either(*parts), original, by_vip, tuple(vips.values()), bool(plain))

    def _match_vip(self, entry: Block, family: Family, plain: AddressMatch, doubts: list[Doubt]) -> Match:
        """What of the packets that a VIP translated the plain destinations take.

        Whether they are compared with the address before or after the translation is not documented: where the two
        differ the result is open.
        """
        line, word = entry.line("match-vip"), entry.word("match-vip")
        touched = plain.exact & family.vips.addresses
        negated = entry.enabled(f"dstaddr{family.suffix}-negate")
        answer = self._matches_vip(entry, word)
        if answer is False or not (touched or plain.others or negated):
            return NEVER
        match: Match = _BY_VIP
        if negated or touched != family.vips.addresses:
            reason = "whether this policy compares the address before or after a VIP is not documented"
            doubts.append(Doubt(line, reason))
            unsettled = self.export.unknown(
                self.scope, Reason("policy {name} asks the address before the VIP", name=entry.name), line
            )
            after, before = both(_BY_VIP, plain.on(Field.DST)), both(_BY_VIP, plain.on(Field.ORIG_DST))
            match = both(_BY_VIP, unsettled)
            if not negated:
                match = either(both(after, before), both(either(after, before), unsettled))
        if answer is None:
            reason = "whether this policy takes what a VIP translated depends on the version (match-vip)"
            doubts.append(Doubt(line, reason))
            match = both(
                match, self.export.unknown(self.scope, Reason("match-vip of policy {name}", name=entry.name), line)
            )
        return match

    def _matches_vip(self, entry: Block, word: str) -> bool | None:
        """Whether ``match-vip`` is in force; ``None``: the file does not tell."""
        if isinstance(self._action(entry), Permit):
            return None if word == "enable" and self.export.since(6, 4, 3) else word == "enable"
        if word:
            return word == "enable"
        newer, older = self.export.since(7, 2, 4), self.export.since(7, 2, 3)
        return None if older and not newer else newer

    def _source(self, entry: Block, family: Family, doubts: list[Doubt]) -> Match | None:
        service = self._database(entry, family, "internet-service-src", Field.SRC, doubts)
        if service is not None:
            return service
        name = f"srcaddr{family.suffix}"
        words = entry.values(name)
        if not words:
            return None
        known = family.book.union(words, entry.line(name))
        doubts += known.doubts
        match = known.on(Field.SRC)
        if entry.enabled(f"{name}-negate"):
            return both(In(Field.SRC, family.book.family), Not(match))
        return match

    def _database(self, entry: Block, family: Family, name: str, target: Field, doubts: list[Doubt]) -> Match | None:
        """A source or destination by the vendor's list of internet services."""
        name = name.replace("internet-service", "internet-service6") if family.suffix == "6" else name
        if name not in entry.settings or not entry.enabled(name):
            return None
        lists = sorted(k for k in entry.settings if k.startswith(f"{name}-") and not k.endswith("negate"))
        lists = [k for k in lists if name.endswith("-src") or not k.startswith(f"{name}-src")]
        chosen = " ".join(word for k in lists for word in entry.values(k))
        line = entry.line(name)
        doubts.append(Doubt(line, "the addresses of internet services are not in the file"))
        side = Reason("source") if target is Field.SRC else Reason("destination")
        match: Match = self.export.unknown(
            self.scope, Reason("the {side} is in internet service {chosen}", side=side, chosen=chosen), line
        )
        if entry.enabled(f"{name}-negate"):
            match = Not(match)
        return both(In(target, family.book.family), match)

    def _service(self, entry: Block, doubts: list[Doubt]) -> Match:
        words = entry.values("service")
        if not words:
            if any(entry.enabled(n) for n in ("internet-service", "internet-service6")):
                return ALWAYS
            doubts.append(Doubt(entry.first, "this policy names no service"))
            return self.export.unknown(
                self.scope, Reason("policy {name} names no service", name=entry.name), entry.first
            )
        match, more = self.services.match(words, entry.line("service"))
        doubts += more
        return Not(match) if entry.enabled("service-negate") else match

    def _extras(self, entry: Block, doubts: list[Doubt]) -> Iterator[Match]:
        """Conditions that the file cannot decide."""
        schedule = entry.word("schedule")
        holds = self.schedules.get(schedule, True if schedule in ("always", "") else None)
        if holds is False or (schedule == "none" and schedule not in self.schedules):
            yield NEVER
        elif holds is None:
            line = entry.line("schedule")
            doubts.append(Doubt(line, Reason('this policy holds at the times of "{schedule}" only', schedule=schedule)))
            yield self.export.unknown(self.scope, Reason('it is the time of "{schedule}"', schedule=schedule), line)
        noted = note(tuple(entry.settings))
        for name in noted.may:
            if entry.word(name) in ("disable", "", "0", "0x00"):
                continue
            chosen = " ".join(entry.values(name))
            doubts.append(Doubt(entry.line(name), Reason('who or what meets "{name}" is not in the file', name=name)))
            yield self.export.unknown(self.scope, Reason("{name} {chosen}", name=name, chosen=chosen), entry.line(name))
        if entry.word("action") == "ipsec":
            line = entry.line("action")
            doubts.append(Doubt(line, "what a policy-based IPsec tunnel carries is not followed"))
            yield self.export.unknown(
                self.scope, Reason("the tunnel of policy {name} takes the packet", name=entry.name), line
            )
        for name in noted.strange:
            yield self.export.unknown(
                self.scope, Reason('"{name}" of policy {name2} is met', name=name, name2=entry.name), entry.line(name)
            )
        for name in noted.opens:
            if entry.enabled(name):
                reason = Reason('"{name}" lets packets pass that no policy describes', name=name)
                self.export.ledger.not_understood(entry.line(name), reason, Concern.FILTER)


def _source_service(family: Family) -> str:
    return "internet-service6-src" if family.suffix == "6" else "internet-service-src"
