"""FortiOS address objects and groups, resolved to sets of addresses and, where they are no plain set, to conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Concern, Interface
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, AnyOf, Bits, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import LABEL, SESSIONS, Schema
from zoneguard.parsers.accounting import endless

ADDRESS = Schema(
    frozenset({
        "type", "subnet", "start-ip", "end-ip", "wildcard", "fqdn", "country", "interface", "macaddr", "start-mac",
        "end-mac", "sub-type", "ip6",
    }),
    Concern.FILTER,
    {
        "associated-interface": LABEL, "allow-routing": LABEL, "cache-ttl": LABEL, "sdn*": LABEL, "filter": LABEL,
        "obj-*": LABEL, "tenant": LABEL, "organization": LABEL, "epg-name": LABEL, "subnet-name": LABEL,
        "policy-group": LABEL, "clearpass-spt": LABEL, "fsso-group": LABEL, "tag-*": LABEL, "node-ip-only": LABEL,
        "dirty": LABEL, "hw-*": LABEL, "os": LABEL, "sw-version": LABEL, "passive-fabric-member": SESSIONS,
        "host": LABEL, "host-type": LABEL, "template": LABEL, "subnet-segment": LABEL, "epg": LABEL, "list": LABEL,
        "tagging": LABEL, "route-tag": LABEL, "agent-id": LABEL,
    },
)  # fmt: skip
GROUP = Schema(
    frozenset({"member", "exclude", "exclude-member", "type", "category"}),
    Concern.FILTER,
    {"allow-routing": LABEL, "tagging": LABEL},
)
MAX_NESTING = 64
_WHERE = {Field.SRC: "the source is", Field.DST: "the destination is", Field.ORIG_DST: "the address before VIP is"}


@quick
@dataclass(frozen=True, slots=True)
class AddressMatch:
    """Addresses: those of ``exact``, and what meets one of ``others``, conditions on ``Field.SRC`` and ``Field.MAC``.

    ``macs`` are the lines of objects that are MAC addresses.
    """

    exact: Intervals = Intervals()
    others: tuple[Match, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    macs: tuple[SourceSpan, ...] = ()

    def on(self, target: Field) -> Match:
        """The condition that ``target`` is one of the addresses."""
        if not self.others:
            return In(target, self.exact)
        parts = (In(Field.SRC, self.exact), *self.others) if self.exact else self.others
        return retarget(either(*parts), target, self.macs[0] if self.macs else None)

    def minus(self, other: AddressMatch) -> AddressMatch:
        """The addresses that are not in ``other``."""
        doubts = self.doubts + other.doubts
        if not self.others and not other.others:
            return AddressMatch(self.exact - other.exact, doubts=doubts)
        left, right = self.on(Field.SRC), other.on(Field.SRC)
        return AddressMatch(others=(both(left, Not(right)),), doubts=doubts, macs=self.macs + other.macs)


def union(parts: Iterable[AddressMatch]) -> AddressMatch:
    """Everything in some part."""
    known = list(parts)
    if len(known) == 1:
        return known[0]
    exact = Intervals.from_spans([span for part in known for span in part.exact.spans])
    if not any(part.others or part.doubts or part.macs for part in known):
        return AddressMatch(exact)
    return AddressMatch(
        exact,
        tuple(dict.fromkeys(other for part in known for other in part.others)),
        tuple(dict.fromkeys(doubt for part in known for doubt in part.doubts)),
        tuple(dict.fromkeys(span for part in known for span in part.macs)),
    )


def retarget(match: Match, target: Field, mac: SourceSpan | None = None) -> Match:
    """A condition on the source address put to another address field; no other than the source has a known MAC address
    (line ``mac`` asks for it)."""
    if isinstance(match, In):
        if match.field is Field.SRC:
            return In(target, match.values)
        if match.field is Field.MAC and mac is not None and target is not Field.SRC:
            return Unknown(Reason("{where} a host known by its MAC address", where=as_reason(_WHERE[target])), mac)
    elif isinstance(match, Bits):
        return Bits(target, match.value, match.mask)
    elif isinstance(match, All):
        return All(tuple(retarget(part, target, mac) for part in match.parts))
    elif isinstance(match, AnyOf):
        return AnyOf(tuple(retarget(part, target, mac) for part in match.parts))
    elif isinstance(match, Not):
        return Not(retarget(match.part, target, mac))
    elif isinstance(match, Unknown):
        return Unknown(Reason("{where} {key}", where=as_reason(_WHERE[target]), key=match.key), match.span)
    return match


class AddressBook:
    """The address objects of one VDOM and one family, by name."""

    def __init__(self, export: Export, scope: Scope, interfaces: Mapping[str, Interface], v6: bool) -> None:
        suffix = "6" if v6 else ""
        self.objects = scope.table(f"firewall address{suffix}")
        self.groups = scope.table(f"firewall addrgrp{suffix}")
        self.family = ALL_V6 if v6 else ALL_V4
        self._v6 = v6
        self._source = export.source
        self._label = scope.label
        self._interfaces = interfaces
        self._known: dict[str, AddressMatch] = {}
        self._unions: dict[tuple[str, ...], AddressMatch] = {}

    def union(self, names: Sequence[str], line: int) -> AddressMatch:
        """The addresses that ``names``, written in line ``line``, stand for."""
        key = tuple(names)
        result = self._unions.get(key)
        if result is None:
            result = union([self._resolve(name, line, ()) for name in key])
            if not result.doubts:
                self._unions[key] = result
        return result

    def _resolve(self, name: str, line: int, inside: tuple[str, ...]) -> AddressMatch:
        if self.objects.renamed or self.groups.renamed:
            name = self.groups.current_name(self.objects.current_name(name, line), line)
        if name in inside or len(inside) > MAX_NESTING:
            what = endless(name in inside, MAX_NESTING)
            return self._unknown(
                f'in "{name}", which {what}', Doubt(line, Reason('the group "{name}" {what}', name=name, what=what))
            )
        result = self._known.get(name)
        if result is None:
            if name in self.objects.entries:
                result = self._object(self.objects.entries[name])
            elif name in self.groups.entries:
                result = self._group(self.groups.entries[name], (*inside, name))
            elif name in ("all", "none"):
                result = AddressMatch(self.family if name == "all" else Intervals())
            else:
                return self._unknown(
                    f'in "{name}"', Doubt(line, Reason('the address "{name}" is not defined in this file', name=name))
                )
            self._known[name] = result
        return result

    def _group(self, group: Block, inside: tuple[str, ...]) -> AddressMatch:
        line = group.line("member")
        members = union([self._resolve(name, line, inside) for name in group.values("member")])
        if not group.enabled("exclude"):
            return members
        line = group.line("exclude-member")
        return members.minus(union(self._resolve(name, line, inside) for name in group.values("exclude-member")))

    def _object(self, entry: Block) -> AddressMatch:
        kind = entry.word("type", "ipprefix" if self._v6 else "ipmask")
        exact: Intervals | None = None
        if kind == "ipmask":
            return self._masked(entry, "subnet", entry.values("subnet") or (values.ZERO, values.ZERO))
        if kind == "wildcard" and not self._v6:
            return self._masked(entry, "wildcard", entry.values("wildcard") or (values.ZERO, values.ZERO))
        if kind == "ipprefix":
            exact = values.address_span(entry.word("ip6", "::/0"))
        elif kind == "iprange":
            zero = "::" if self._v6 else values.ZERO
            exact = values.address_span(f"{entry.word('start-ip', zero)}-{entry.word('end-ip', zero)}")
        elif kind == "interface-subnet":
            exact = self._interface_subnet(entry)
        elif kind == "mac":
            return self._mac(entry)
        else:
            subject = " ".join((kind, entry.word("fqdn") or entry.word("country") or entry.word("sub-type"))).strip()
            doubt = Doubt(
                entry.line("type"),
                Reason('the addresses of "{name}" (type {kind}) are not in the file', name=entry.name, kind=kind),
            )
            return self._unknown(f'in "{entry.name}" ({subject})', doubt)
        if exact is None or not exact <= self.family:
            return self._unreadable(entry)
        return AddressMatch(exact)

    def _masked(self, entry: Block, name: str, words: Sequence[str]) -> AddressMatch:
        pair = values.address_and_mask(words)
        if pair is None:
            return self._unreadable(entry, name)
        address, mask = pair
        length = values.mask_length(mask)
        if length is None:
            return AddressMatch(others=(Bits(Field.SRC, address & mask, mask),))
        low = address & mask
        return AddressMatch(Intervals.span(low, low | (mask ^ 0xFFFFFFFF)))

    def _interface_subnet(self, entry: Block) -> Intervals | None:
        interface = self._interfaces.get(entry.word("interface"))
        if interface is not None and interface.addresses:
            return Intervals.from_spans(s for a in interface.addresses for s in (a.subnet & self.family).spans)
        whole = values.interface_address(entry.values("subnet"))
        return None if whole is None else whole.subnet

    def _mac(self, entry: Block) -> AddressMatch:
        texts = entry.values("macaddr") or tuple(
            f"{entry.word('start-mac')}-{entry.word('end-mac')}" for _ in range("start-mac" in entry.settings)
        )
        spans = [values.mac_span(text) for text in texts]
        if not spans or None in spans:
            return self._unreadable(entry, "macaddr")
        macs = Intervals.from_spans(span for part in spans if part is not None for span in part.spans)
        span = self._source.span(entry.line("macaddr"))
        return AddressMatch(others=(both(In(Field.SRC, self.family), In(Field.MAC, macs)),), macs=(span,))

    def _unreadable(self, entry: Block, name: str = "type") -> AddressMatch:
        doubt = Doubt(entry.line(name), Reason('the addresses of "{name}" cannot be read', name=entry.name))
        return self._unknown(f'in "{entry.name}"', doubt)

    def _unknown(self, key: str, doubt: Doubt) -> AddressMatch:
        unknown = Unknown(Reason("{key} of {label}", key=key, label=self._label), self._source.span(doubt.line))
        part = both(In(Field.SRC, self.family), unknown)
        return AddressMatch(others=(part,), doubts=(doubt,))
