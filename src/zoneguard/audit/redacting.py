"""A report that may leave the house: every address in it has a pseudonym."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum, auto
from typing import Any

from zoneguard.audit.pseudonyms import Pseudonyms
from zoneguard.model.crossing import Hop
from zoneguard.model.findings import Accepted, Finding, Report
from zoneguard.model.flows import Flow, Transfer
from zoneguard.model.packet import Packet
from zoneguard.model.project import CloudService, Endpoint, ExceptionEntry, Host, LedgerEntry, ListMapping
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import Text
from zoneguard.model.zones import Zone, ZoneMap


class Holds(Enum):
    """What a field holds."""

    VALUES = auto()  # what speaks for itself: text, and values with fields
    ADDRESS = auto()
    ADDRESSES = auto()
    NAMED_ADDRESSES = auto()
    PREFIXES = auto()
    MAC = auto()
    MACS = auto()
    ORIGIN = auto()  # kept: what a template or a fingerprint is made from, never shown itself
    TOO_MUCH = auto()  # left out: what addresses could be computed from and no report shows, and who wrote what


FIELDS: dict[tuple[type, str], Holds] = {
    (Packet, "src"): Holds.ADDRESS,
    (Packet, "dst"): Holds.ADDRESS,
    (Packet, "orig_dst"): Holds.ADDRESS,
    (Packet, "mac"): Holds.MAC,
    (Flow, "src"): Holds.ADDRESS,
    (Flow, "dst"): Holds.ADDRESS,
    (Flow, "macs"): Holds.MACS,
    (Hop, "next_hop"): Holds.ADDRESS,
    (Zone, "prefixes"): Holds.PREFIXES,
    (Host, "addresses"): Holds.ADDRESSES,
    (Host, "macs"): Holds.MACS,
    (Endpoint, "addresses"): Holds.ADDRESSES,
    (ExceptionEntry, "macs"): Holds.MACS,
    (CloudService, "addresses"): Holds.ADDRESSES,
    (LedgerEntry, "mac"): Holds.MAC,
    (ListMapping, "names"): Holds.NAMED_ADDRESSES,
    (Transfer, "facts"): Holds.TOO_MUCH,
    (Finding, "packets"): Holds.TOO_MUCH,
    (Finding, "anchor"): Holds.ORIGIN,
    (Accepted, "boxes"): Holds.TOO_MUCH,
    (Text, "template"): Holds.ORIGIN,
}


def redacted(report: Report, key: bytes) -> Report:
    """``report`` with pseudonyms for all addresses; what is told apart by them (ids, counts, verdicts) stays.

    Names of hosts, files, people and interfaces stay too, as does what a fingerprint was made from.
    """
    pseudonyms = Pseudonyms(key)
    walker = _Walker(pseudonyms)
    project = report.project
    hidden = replace(report, project=replace(project, profiles=()), redacted=True)
    out: Report = walker.value(hidden)
    return replace(out, project=replace(out.project, profiles=project.profiles))


class _Walker:
    """Rebuilds frozen values, with pseudonyms in the fields that ``FIELDS`` names and in all text."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._of = pseudonyms
        self._as: dict[Holds, Callable[[Any], Any]] = {
            Holds.VALUES: self.value,
            Holds.ADDRESS: lambda value: value if value is None else pseudonyms.address(value),
            Holds.ADDRESSES: pseudonyms.addresses,
            Holds.NAMED_ADDRESSES: lambda value: {k: pseudonyms.addresses(v) for k, v in value.items()},
            Holds.PREFIXES: lambda value: tuple(pseudonyms.prefix(*prefix) for prefix in value),
            Holds.MAC: lambda value: value and pseudonyms.mac(value),
            Holds.MACS: self._macs,
            Holds.ORIGIN: lambda value: value,
            Holds.TOO_MUCH: lambda value: type(value)() if isinstance(value, str | tuple) else None,
        }

    def _macs(self, value: int | tuple[Any, ...]) -> Any:
        return self._of.mac(value) if isinstance(value, int) else tuple(map(self._macs, value))

    def value(self, value: Any) -> Any:
        if isinstance(value, Enum) or (
            not isinstance(value, str | tuple | Mapping | ZoneMap) and not is_dataclass(value)
        ):
            return value
        if isinstance(value, str):
            return self._of.text(value)
        if isinstance(value, CaptureSpan):
            return CaptureSpan(*map(self.value, value))
        if isinstance(value, tuple):
            return tuple(map(self.value, value))
        if isinstance(value, ZoneMap):
            return ZoneMap(map(self.value, value.zones))
        if isinstance(value, Mapping):
            return {self.value(k): self.value(v) for k, v in value.items()}
        return self._fields(value) if is_dataclass(value) else value

    def _fields(self, value: Any) -> Any:
        kind = type(value)
        changed = {}
        for field in fields(value):
            old = getattr(value, field.name)
            new = self._as[FIELDS.get((kind, field.name), Holds.VALUES)](old)
            if new is not old:
                changed[field.name] = new
        return replace(value, **changed) if changed else value
