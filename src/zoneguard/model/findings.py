"""Opinions: what a check says of the crossings, the register and the inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from zoneguard.model.crossing import Hop
from zoneguard.model.device import LineAccount
from zoneguard.model.flows import CaptureAccount, Flow, Transfer
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.rows import Box
from zoneguard.model.policy import Clause, Severity, Verdict
from zoneguard.model.project import Project
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import Text


@dataclass(frozen=True, slots=True)
class Row:
    """A line of packets for people: each cell as they would write it."""

    source: str
    destination: str
    protocol: str
    ports: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to act on. ``anchor`` is the subject without line numbers: with ``check`` it makes the fingerprint,
    which stays the same between runs and edits. ``packets`` is what a baseline compares. ``aspect`` names the part
    of the check that a clause may cite alone, as ``ZG105:applicant``. ``more_flows``: flows of which it speaks beyond
    those whose frames are evidence. ``profile``: the policy that alone is broken, if
    not each that asks."""

    check: str
    severity: Severity
    verdict: Verdict
    message: Text
    anchor: tuple[str, ...]
    zones: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    evidence: tuple[SourceSpan | CaptureSpan, ...] = ()
    rows: tuple[Row, ...] = ()
    more_rows: int = 0
    witness: Packet | None = None
    path: tuple[Hop, ...] = ()
    flow: Flow | None = None
    more_flows: int = 0
    transfer: Transfer | None = None
    packets: PacketSet | None = None
    fix: Text | None = None
    aspect: str = ""
    profile: str = ""

    @property
    def fingerprint(self) -> str:
        """32 hex digits, stable between runs."""
        return hashlib.sha256("\x1f".join((self.check, *self.anchor)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry of a baseline. ``boxes`` are exactly the packets that were accepted; a finding about no packets has none
    and is accepted by its ``fingerprint``."""

    fingerprint: str
    check: str
    verdict: Verdict
    zones: tuple[str, ...]
    boxes: tuple[Box, ...]
    reason: str
    owner: str
    expires: date
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Held:
    """What an entry held back: a finding, or the part of it that lies inside what was accepted."""

    finding: Finding
    entries: tuple[Accepted, ...]


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """The verdict of one clause, and why."""

    clause: str
    verdict: Verdict
    reason: Text
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Policies that ask for one check with unlike force: the strictest clause of each, the strictest of all first."""

    check: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """ゾーン間通信マトリクス: one ordered pair of zones."""

    source: str
    destination: str
    state: str  # "denied", "allowed", "sanitized", "violated", "undetermined"
    rows: tuple[Row, ...]
    more_rows: int
    rules: tuple[SourceSpan, ...]
    via: tuple[str, ...]
    observed: int
    attempted: int


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input that was read, by content: ``path`` as reports show it, ``location`` where it was."""

    path: str
    sha256: str
    kind: str
    location: Path = Path()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report format may show. ``frames``: one line each about the frames that findings cite.

    ``spoofed``: what is possible was asked for hosts that may use any source address. ``held``: findings, or parts of
    them, that a baseline held back; they are not among ``findings``, and break their clauses all the same. ``joints``:
    what the configurations join, as pairs of ``device/context`` and ``zone:NAME``, for pictures. ``redacted``: all
    addresses are pseudonyms.
    """

    project: Project
    command: str
    findings: tuple[Finding, ...]
    clauses: tuple[ClauseResult, ...]
    matrix: tuple[MatrixCell, ...]
    accounts: tuple[LineAccount, ...]
    captures: tuple[CaptureAccount, ...]
    inputs: tuple[InputFile, ...]
    verdict: Verdict
    facts: Mapping[str, int] = field(default_factory=dict)
    frames: Mapping[CaptureSpan, str] = field(default_factory=dict)
    spoofed: bool = False
    disagreements: tuple[Disagreement, ...] = ()
    held: tuple[Held, ...] = ()
    joints: tuple[tuple[str, str], ...] = ()
    redacted: bool = False
