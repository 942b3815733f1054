"""The baseline file: accepted violations, each with its packets, reason, owner and end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from zoneguard.loading.document import compose
from zoneguard.loading.fields import Addresses, Day, Entry, Flag, Rows, Some, Text, one_of
from zoneguard.loading.reading import read_text
from zoneguard.loading.schema import known_version
from zoneguard.loading.validation import validate
from zoneguard.loading.values import FieldError, as_text
from zoneguard.model.addresses import format_addresses
from zoneguard.model.errors import InputErrors
from zoneguard.model.findings import Accepted
from zoneguard.model.intervals import Intervals
from zoneguard.model.packets.rows import Box
from zoneguard.model.policy import Verdict
from zoneguard.model.text import N_

_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
HEAD = """\
# Accepted violations: each holds back exactly its packets, until its last day (`zoneguard baseline`).
# Addresses of the devices themselves are missing from their ranges: no rule passes on what goes to or comes from them.
"""


def _numbers(value: object) -> Intervals:
    """``443`` or ``80,8000-8010``."""
    spans = []
    for part in as_text(value).replace(" ", "").split(","):
        match = _RANGE.fullmatch(part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if low > high or high > 65535:
            raise FieldError(N_("`{part}` is no number or range within 0-65535, as 443 or 8000-8010", part=part))
        spans.append((low, high))
    return Intervals.from_spans(spans)


Numbers = Annotated[Intervals, PlainValidator(_numbers), WithJsonSchema({"type": ["string", "integer"]})]


class PacketsEntry(Entry):
    """A product of values; a field that the packets do not have is absent."""

    source: Some[Addresses] = Field(min_length=1)
    destination: Some[Addresses] = Field(min_length=1)
    protocol: Numbers = Field(description="Numbers of IP protocols: 6 is TCP, 17 UDP.")
    dport: Numbers | None = None
    sport: Numbers | None = None
    icmp: Numbers | None = Field(None, description="type * 256 + code")
    fragments: Flag = Field(False, description="Fragments other than the first.")


class AcceptedEntry(Entry):
    """A violation that is accepted for a time."""

    finding: Text = Field(description="Its fingerprint.")
    check: Text
    verdict: Annotated[Verdict, *one_of(Verdict)] = Verdict.VIOLATES
    zones: Some[Text] = ()
    packets: Rows[PacketsEntry] = Field((), description="Exactly the packets that are accepted.")
    reason: Text = Field(description="Why it is accepted.")
    owner: Text = Field(description="Who answers for it.")
    expires: Day = Field(description="The last day on which it is accepted.")


class BaselineFile(Entry):
    """Violations of one project that are accepted for a time."""

    zoneguard_baseline: Annotated[Text, AfterValidator(known_version)] = Field(
        description="Version of this format: 1.", json_schema_extra={"type": "integer", "const": 1}
    )
    project: Text = Field(description="Name of the project whose findings these are.")
    accepted: Rows[AcceptedEntry] = ()


def read_baseline(path: Path, project: str) -> tuple[Accepted, ...]:
    """The entries of the file. Raises ``InputErrors``: where it cannot be read, says something impossible, or is the
    baseline of another project than ``project``."""
    document = compose(read_text(path), str(path))
    model, errors, _ = validate(BaselineFile, document)
    errors = [*document.errors, *errors]
    if model is not None and model.project != project:
        said = N_(
            "this is the baseline of {other}, not of {project}; write one with `zoneguard baseline`, or correct "
            "`project` here if only the name has changed",
            other=model.project,
            project=project,
        )
        errors.append(document.error(("project",), said))
    if model is None or errors:
        raise InputErrors(tuple(sorted(errors, key=lambda e: (e.line, e.column))))
    return tuple(
        Accepted(
            fingerprint=entry.finding,
            check=entry.check,
            verdict=entry.verdict,
            zones=entry.zones,
            boxes=tuple(map(_box, entry.packets)),
            reason=entry.reason,
            owner=entry.owner,
            expires=entry.expires,
            span=document.span(("accepted", i)),
        )
        for i, entry in enumerate(model.accepted)
    )


def _box(entry: PacketsEntry) -> Box:
    source, destination = (
        Intervals.from_spans(span for part in side for span in part.spans) for side in (entry.source, entry.destination)
    )
    return Box(source, destination, entry.protocol, entry.dport, entry.icmp, entry.sport, entry.fragments)


def baseline_text(project: str, entries: Iterable[Accepted]) -> str:
    """The file that ``read_baseline`` reads as these entries."""
    content = {"zoneguard-baseline": 1, "project": project, "accepted": [_entry(entry) for entry in entries]}
    return HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def _entry(entry: Accepted) -> dict[str, Any]:
    out: dict[str, Any] = {"finding": entry.fingerprint, "check": entry.check}
    if entry.verdict is not Verdict.VIOLATES:
        out["verdict"] = entry.verdict.value
    if entry.zones:
        out["zones"] = list(entry.zones)
    if entry.boxes:
        out["packets"] = [_packets(box) for box in entry.boxes]
    return out | {"reason": entry.reason, "owner": entry.owner, "expires": entry.expires.isoformat()}


def _packets(box: Box) -> dict[str, Any]:
    fields = (("protocol", box.proto), ("dport", box.dport), ("sport", box.sport), ("icmp", box.icmp))
    numbers = {name: _text(values) for name, values in fields if values is not None}
    sides = {"source": format_addresses(box.src), "destination": format_addresses(box.dst)}
    return {**sides, **numbers, **({"fragments": True} if box.fragments else {})}


def _text(values: Intervals) -> str:
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in values.spans)
