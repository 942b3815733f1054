"""Hosts that a proxy was asked to go on to: the session with the proxy is allowed, and leads where nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.checks._policy import allowed
from zoneguard.checks._seen import TCP, class_of, flow_key, flow_text, seen, zone_name
from zoneguard.model.addresses import address_or_none
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow, Transfer
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:
    from zoneguard.checks._undeclared import Pairs

CONNECT = "CONNECT"
FIX = N_("Have the proxy refuse it, or declare where the session may lead.")


def proxied(case: Case, check: str, severity: Severity, pairs: Pairs) -> Iterator[Finding]:
    """One finding for each proxy, client and host that was asked for, where ``pairs`` keeps client and host apart.

    The zone of a host that is given by its name is not known: undetermined. What no row allows to the proxy itself is
    told already.
    """
    asked: dict[tuple[str, ...], list[tuple[Transfer, str, int]]] = {}
    for transfer in case.dynamic.transfers if case.dynamic else ():
        target = _target(transfer)
        if target is not None and case.allows(transfer.flow):
            host, port = target
            key = (*flow_key(transfer.flow), host, str(port))
            asked.setdefault(key, []).append((transfer, host, port))
    for key, same in asked.items():
        transfer, host, port = same[0]
        said = _judged(case, transfer.flow, (host, port), pairs)
        if said is not None:
            message, verdict = said
            flows = list(dict.fromkeys(other.flow for other, _, _ in same))
            yield seen(case, check, severity, message, flows, ("proxied", *key), FIX, verdict=verdict)


def _judged(case: Case, flow: Flow, target: tuple[str, int], pairs: Pairs) -> tuple[Text, Verdict] | None:
    host, port = target
    client, address = class_of(case, flow.src), address_or_none(host)
    names = {"flow": flow_text(flow), "host": f"{host}:{port}"}
    if client is None:
        return None
    if address is None:
        message = N_("A proxy was asked to go on to {host}, the zone of which is not known ({flow}).", **names)
        return (message, Verdict.UNDETERMINED) if pairs(client, ZoneClass.PUBLIC) else None
    zone, kind = zone_name(case, address), class_of(case, address)
    if kind is None or zone in (zone_name(case, flow.src), zone_name(case, flow.dst)) or not pairs(client, kind):
        return None
    packets = case.space.conversation(flow.src, address, TCP, flow.sport, port)
    if packets & allowed(case, zone_name(case, flow.src), zone):
        return None
    message = N_(
        "A proxy was asked to go on to {host} of {zone}, and no row of the project allows that ({flow}).",
        zone=zone,
        **names,
    )
    return message, Verdict.VIOLATES


def _target(transfer: Transfer) -> tuple[str, int] | None:
    """The host and port that a session with a proxy (HTTP CONNECT, SOCKS) asked for."""
    facts = dict(transfer.facts)
    text = facts.get("url", "") if facts.get("tunnel") == CONNECT else facts.get("target", "")
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isascii() and port.isdigit() else None
