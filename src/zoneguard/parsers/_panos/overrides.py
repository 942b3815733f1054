"""PAN-OS application override: rules that say what a session's application is ("Policies > Application Override")."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.match import Match
from zoneguard.model.text import Reason
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.applications import Override
from zoneguard.parsers._panos.export import Doubt
from zoneguard.parsers._panos.rules import RuleReader, joined
from zoneguard.parsers._panos.services import PROTOCOLS, port_match
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers._panos.zones import ZoneBook

MAX_OVERRIDES = 200
"""Of more rules none is followed: what applications there are is then open wherever it is asked."""


def read_overrides(reader: RuleReader, zones: ZoneBook) -> tuple[Override, ...]:
    """The rules of one virtual system in force, in their order."""
    nodes = [node for node in reader.rules("application-override") if reader.applies(node)]
    if len(nodes) > MAX_OVERRIDES:
        reason = Reason(
            "more than {count} rules that say what an application is: none of them is followed", count=MAX_OVERRIDES
        )
        reader.export.doubt([Doubt(nodes[0].first, reason)])
        return ()
    return tuple(override for node in nodes for override in _override(reader, zones, node))


def _override(reader: RuleReader, zones: ZoneBook, node: Node) -> Iterator[Override]:
    doubts: list[Doubt] = []
    sides: list[Match] = []
    for name, side in (("from", zones.comes), ("to", zones.leaves)):
        words = reader.names(node, name, doubts)
        if words is None:
            sides.append(
                reader.unknown(Reason('the zones of the override "{name}" are met', name=node.name), node.first)
            )
        else:
            found = side(words, node)
            doubts += found.doubts
            sides.append(found.match)
    match = joined(*sides, reader.source(node, doubts), reader.destination(node, doubts), _ports(reader, node, doubts))
    application = node.word("application")
    if not application:
        doubts.append(Doubt(node.first, Reason('the rule "{name}" names no "application"', name=node.name)))
    reader.export.doubt(doubts)
    if application:
        yield Override(match, application)


def _ports(reader: RuleReader, node: Node, doubts: list[Doubt]) -> Match:
    protocol, ports = node.word("protocol"), values.ports(",".join(node.words("port")))
    if protocol in PROTOCOLS and ports is not None:
        return port_match(PROTOCOLS[protocol], ports, values.ALL_PORTS, reader.translated)
    doubts.append(Doubt(node.line("port"), "the protocol or the ports of this rule cannot be read"))
    return reader.unknown(Reason('the ports of the override "{name}" are met', name=node.name), node.line("port"))
