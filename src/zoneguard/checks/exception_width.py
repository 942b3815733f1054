"""ZG104: an exception is host to host, one service, bound to the source MAC address.

For each row of the register, everything that may be opened between its two zones to its far end is compared with the
row: a wider source or another service is a violation, at the line that permits it. Of a row of the My Number zone each
rule that names its far end, or its source and service, is narrow in everything, even where another rule on the way
limits it again. Where the row names MAC addresses, the device that first gets the packets must accept the source
address from those only, by a rule, a static ARP entry or an IP/MAC binding. That is the aspect ``built``.

A row of the My Number zone must itself be narrow: each end is a few hosts, each service a few ports (aspect ``row``),
and the My Number host that opens the sessions is named by its MAC address (aspect ``mac``; only where a clause asks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.checks._limits import Limited, permits
from zoneguard.checks._policy import allowed, row_packets, zones_of
from zoneguard.checks._rendering import deciding_lines, row_key, rows_of, sample
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import ExceptionEntry, ServiceSpec
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass
from zoneguard.static.conditions import compile_match
from zoneguard.static.translation import restrict
from zoneguard.static.waypoints import hairpin

FEW_HOSTS = 16
"""Addresses at one end of a row that still name hosts."""
FEW_PORTS = 16
"""Ports of one service of a row that still name an application."""


def _run(case: Case) -> Iterator[Finding]:
    known = {permit.rule.span: permit for permit in permits(case)} if case.project.exceptions else {}
    for entry in case.project.exceptions:
        pair = zones_of(case.project, entry)
        yield from _registered(case, entry, pair)
        far_end = case.space.field(Field.DST, entry.destination.addresses)
        excess: PacketSet = case.space.nothing
        wide: list[Crossing] = []
        unbound: list[Crossing] = []
        carrying: list[Crossing] = []
        for crossing in case.by_pair.get(pair, ()):
            if hairpin(crossing):
                continue
            beyond = case.view(crossing) & far_end - allowed(case, *pair)
            if beyond:
                excess = excess | beyond
                wide.append(crossing)
            carried = restrict(crossing.packets, case.view(crossing) & row_packets(case, entry, *pair))
            if carried:
                carrying.append(crossing)
            if carried and entry.macs and not _bound(case, replace(crossing, packets=carried), entry):
                unbound.append(crossing)
        if wide or unbound:
            yield _finding(case, entry, pair, excess, wide, unbound)
        if carrying and not wide:
            yield from _loose(case, entry, pair, carrying, known)


def _loose(
    case: Case,
    entry: ExceptionEntry,
    pair: tuple[str, str],
    carrying: list[Crossing],
    known: Mapping[SourceSpan, Limited],
) -> Iterator[Finding]:
    """The rules that let the packets of a narrow row through and are themselves wide, while others limit them again."""
    if ZoneClass.MYNUMBER not in _classes(case, pair) or _wide_ends(entry):
        return
    found: dict[SourceSpan, Limited] = {}
    for hop in (hop for crossing in carrying for hop in crossing.path):
        for line in hop.lines:
            permit = known.get(line)
            if permit is None or permit.rule.implied or line in found:
                continue
            asked = compile_match(case.space, permit.rule.match, hop.ingress, hop.egress).must()
            if _is_wide(asked, permit.limits):
                found[line] = permit
    if found:
        names = dict.fromkeys(f"{p.device}: {p.rule.name or p.rule.span}" for p in found.values())
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "A rule of exception {id} is wider than host to host and one service, and only another one limits it "
                "again ({rules}).",
                id=entry.id,
                rules=", ".join(names),
            ),
            anchor=(entry.id, "rule", *names),
            zones=pair,
            evidence=(*found, entry.span),
            path=carrying[0].path,
            aspect="built",
            fix=N_("Limit the rule to the registered hosts and service, and bind the source to its MAC address."),
        )


def _is_wide(asked: PacketSet, limits: frozenset[str]) -> bool:
    """Whether a permit names the far end alone, or the source and the service alone.

    One that names nothing but the source is there to bind it, not to let the exception through.
    """
    narrow = {
        "source": asked.project(Field.SRC).size <= FEW_HOSTS,
        "destination": asked.project(Field.DST).size <= FEW_HOSTS,
        "service": not asked.project(Field.PROTO) & PORT_PROTOCOLS or asked.project(Field.DPORT).size <= FEW_PORTS,
    }
    named = {dimension for dimension, few in narrow.items() if few and dimension in limits}
    return named < set(narrow) and ("destination" in named or named == {"source", "service"})


def _classes(case: Case, pair: tuple[str, str]) -> tuple[ZoneClass | None, ...]:
    return tuple(case.project.zones[name].zone_class if name else None for name in pair)


def _wide_ends(entry: ExceptionEntry) -> list[str]:
    """What of the row itself names more than a few hosts, or no application."""
    wide = [end.name for end in (entry.source, entry.destination) if end.addresses.size > FEW_HOSTS]
    return wide + [service.text for service in entry.services if not _names_application(service)]


def _registered(case: Case, entry: ExceptionEntry, pair: tuple[str, str]) -> Iterator[Finding]:
    """What is too wide about the row itself, where it is one of the My Number zone."""
    source, destination = _classes(case, pair)
    if ZoneClass.MYNUMBER not in (source, destination):
        return
    if wide := _wide_ends(entry):
        message = N_(
            "Exception {id} is registered wider than host to host and one service: {wide}.",
            id=entry.id,
            wide=", ".join(wide),
        )
        yield _of_row(
            entry, pair, "row", message, N_("Register the hosts and the port that the work needs, one row each.")
        )
    if source is ZoneClass.MYNUMBER and not entry.macs and case.asks(PLUGIN.id, "mac"):
        message = N_("Exception {id} names no MAC address of its source.", id=entry.id)
        yield _of_row(
            entry, pair, "mac", message, N_("Enter the MAC address in the register, and bind the source to it.")
        )


def _names_application(service: ServiceSpec) -> bool:
    """Whether the service is one protocol with a few ports; one without ports names itself, as ESP."""
    if service.protocols.size > 1:
        return False
    return not service.protocols <= PORT_PROTOCOLS or service.ports.size <= FEW_PORTS


def _of_row(entry: ExceptionEntry, pair: tuple[str, str], aspect: str, message: Text, fix: Text) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=message,
        anchor=(entry.id, aspect),
        zones=pair,
        evidence=(entry.span,),
        aspect=aspect,
        fix=fix,
    )


def _bound(case: Case, crossing: Crossing, entry: ExceptionEntry) -> bool:
    """Whether the first device takes the source address from the registered MAC addresses only."""
    assert case.static
    network = case.static.network
    first = crossing.path[0]
    device = network.topology.contexts[first.device, first.vrf].device
    by_table = Intervals.of(*(b.address for b in device.mac_bindings if b.mac in entry.macs))
    return entry.source.addresses <= by_table or network.entering(crossing).project(Field.MAC) <= Intervals.of(
        *entry.macs
    )


def _finding(
    case: Case,
    entry: ExceptionEntry,
    pair: tuple[str, str],
    excess: PacketSet,
    wide: list[Crossing],
    unbound: list[Crossing],
) -> Finding:
    rows, more = rows_of(case, excess)
    lines = [line for c in wide for line in deciding_lines(c)]
    lines += [line for c in unbound for line in c.path[0].lines]
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=_message(entry, bool(wide), bool(unbound)),
        anchor=(entry.id, row_key(rows), str(bool(unbound))),
        zones=pair,
        evidence=(*dict.fromkeys(lines), entry.span),
        rows=rows,
        more_rows=more,
        witness=sample(excess) if excess else None,
        path=(wide or unbound)[0].path,
        packets=excess or None,
        aspect="built",
        fix=N_("Limit the rule to the registered hosts and service, and bind the source to its MAC address."),
    )


def _message(entry: ExceptionEntry, wide: bool, unbound: bool) -> Text:
    if wide and unbound:
        return N_(
            "Exception {id} is wider than registered, and its source is not bound to its MAC address.", id=entry.id
        )
    if wide:
        return N_("Exception {id} is wider than registered: more than its hosts and service may pass.", id=entry.id)
    return N_("Exception {id}: no device binds the source to its registered MAC address.", id=entry.id)


PLUGIN = Check(
    id="ZG104",
    name="exception-width",
    title="An exception is host to host, one service, MAC-bound",
    severity=Severity.CRITICAL,
    run=_run,
    aspects=frozenset({"built", "row", "mac"}),
    needs=frozenset({"static"}),
    why="The policy suffers a connection of the My Number zone only where its route and its application are limited.",
    fix="Name the two hosts and the one port in the rule, and bind the source address to its MAC address.",
    wants="The exception register, with hosts, services and MAC addresses.",
    example=(
        "- -A FORWARD -s 10.10.20.0/24 -d 198.18.77.10 -j ACCEPT\n"
        "+ -A FORWARD -s 10.10.20.20 -d 198.18.77.10 -p tcp --dport 443 -m mac --mac-source 00:00:5e:00:53:20 -j ACCEPT"
    ),
)
