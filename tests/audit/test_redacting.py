"""--redact: no address of the municipality leaves the house, whatever the report format."""

from __future__ import annotations

import io
import json
import re
import typing
import zipfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from zoneguard import audit
from zoneguard.audit.pseudonyms import KEY_BYTES
from zoneguard.audit.redacting import FIELDS, redacted
from zoneguard.loading.project import load_project
from zoneguard.model import packets
from zoneguard.model.findings import Report
from zoneguard.model.intervals import Intervals
from zoneguard.model.packets.packetset import PacketSet
from zoneguard.model.packets.rows import Box
from zoneguard.model.zones import Zone
from zoneguard.plugins import of_type
from zoneguard.reports import ReportFormat

BROKEN = Path(__file__).resolve().parents[2] / "topologies/alpha-city-broken"
FORMATS = of_type("zoneguard.reports", ReportFormat)
ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
MAC = re.compile(r"(?<![0-9a-f:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9a-f:])")
EDGES = {
    "9.255.255.255", "10.0.0.0", "11.0.0.0",
    "172.15.255.255", "172.16.0.0", "172.32.0.0",
    "192.167.255.255", "192.168.0.0", "192.169.0.0",
}  # fmt: skip
"""Where the private blocks begin and end: in every report on the public Internet."""
KEY = bytes(range(KEY_BYTES))


@pytest.fixture(scope="module")
def report() -> Report:
    return audit.run(load_project(BROKEN))


def shown(data: bytes) -> str:
    if not data.startswith(b"PK"):
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "\n".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def hosts(text: str) -> set[str]:
    """Addresses of hosts and networks in ``text``: neither masks, groups, loopback nor what stands for everything."""
    return {a for a in ADDRESS.findall(text) if int(a.split(".")[0]) not in (0, 127, *range(224, 256))}


@pytest.mark.parametrize("form", FORMATS, ids=[form.name for form in FORMATS])
def test_no_address_of_the_inputs_is_left(report: Report, form: ReportFormat) -> None:
    plain, hidden = (shown(form.write(r, "en", False)) for r in (report, redacted(report, KEY)))
    assert hosts(plain)
    assert hosts(plain) & hosts(hidden) <= EDGES
    assert set(MAC.findall(plain)) & set(MAC.findall(hidden)) == set()


def test_ids_verdicts_and_counts_stay(report: Report) -> None:
    plain, hidden = (json.loads(form.write(r, "en", False)) for form in FORMATS if form.name == "json"
                     for r in (report, redacted(report, KEY)))  # fmt: skip
    assert hidden["redacted"] is True
    assert plain["redacted"] is False
    for key in ("verdict", "summary", "inputs", "facts"):
        assert hidden[key] == plain[key]
    for a, b in zip(plain["clauses"], hidden["clauses"], strict=True):
        assert a | {"reason": ""} == b | {"reason": ""}
    for a, b in zip(plain["findings"], hidden["findings"], strict=True):
        assert [a[k] for k in ("check", "fingerprint", "severity", "zones")] == [
            b[k] for k in ("check", "fingerprint", "severity", "zones")
        ]
        assert len(a["rows"]) == len(b["rows"])


def test_one_address_has_one_pseudonym_in_all_reports(report: Report) -> None:
    a, b = redacted(report, KEY), redacted(report, KEY)
    assert [f.rows for f in a.findings] == [f.rows for f in b.findings]
    other = redacted(report, bytes(KEY_BYTES))
    assert [f.rows for f in a.findings] != [f.rows for f in other.findings]


PLAIN = {
    "SourceSpan": {"first", "last"}, "CaptureSpan": {"frame"}, "ServiceSpec": {"protocols", "ports", "icmp"},
    "Finding": {"more_rows", "more_flows"}, "MatrixCell": {"more_rows", "observed", "attempted"}, "Report": {"facts"},
    "Packet": {"proto", "sport", "dport", "icmp", "state", "flags", "fragment", "mark", "dnat", "orig_dport"},
    "Flow": {"proto", "sport", "dport", "packets", "bytes", "payload", "vlan", "icmp"}, "Transfer": {"size", "sketch"},
    "LineAccount": {"total", "understood", "ignored"}, "CaptureAccount": {"frames", "decoded", "skipped", "without_ip"},
    "Text": {"args"},
}  # fmt: skip
"""Fields with numbers that are no addresses; ``Text.args`` holds counts, and addresses as text only."""


def reached(kind: Any, seen: set[type]) -> Iterator[type]:
    """The dataclasses that values of ``kind`` may hold."""
    if is_dataclass(kind) and isinstance(kind, type) and kind not in seen and kind not in (Intervals, PacketSet, Box):
        seen.add(kind)
        yield kind
        names = {"PacketSpace": packets.PacketSpace}
        for hint in typing.get_type_hints(kind, localns=names).values():
            yield from reached(hint, seen)
    for part in typing.get_args(kind):
        yield from reached(part, seen)


def test_every_field_with_numbers_is_known_to_hold_addresses_or_not() -> None:
    """A new field of the model cannot leak by being forgotten."""
    seen: set[type] = set()
    for kind in [*reached(Report, seen), *reached(Zone, seen)]:
        hints = typing.get_type_hints(kind, localns={"PacketSpace": packets.PacketSpace})
        numeric = {
            f.name for f in fields(kind) if re.search(r"\bint\b|Intervals|PacketSet|\bBox\b", str(hints[f.name]))
        }
        known = {name for held, name in FIELDS if held is kind} | PLAIN.get(kind.__name__, set())
        assert numeric <= known, f"{kind.__name__}: {numeric - known}"
