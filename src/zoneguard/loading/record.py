"""The run record (監査の実行記録): what was read, asked and found, so that it can be verified later.

A record is JSON. Its ``digest`` is the SHA-256 of everything else in it; that shows a slip, not a forger, who can write
another digest as well: who must exclude that signs the file or has it time-stamped.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from zoneguard.loading.fields import Day, Entry, Flag, Rows, Text, one_of
from zoneguard.loading.reading import read_text
from zoneguard.loading.schema import known_version
from zoneguard.loading.validation import problem_of
from zoneguard.model.errors import InputError
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_


class RecordedFile(Entry):
    """A file that was read. ``path`` is relative to the project's folder."""

    path: Text
    kind: Text
    sha256: Text


class RecordedProfile(Entry):
    """A policy, by the content of its file."""

    name: Text
    sha256: Text


class RecordedFinding(Entry):
    """A finding by the id that stays the same between runs."""

    fingerprint: Text
    check: Text
    verdict: Annotated[Verdict, *one_of(Verdict)]
    severity: Annotated[Severity, *one_of(Severity)]


class RecordedClause(Entry):
    """The verdict of a clause."""

    clause: Text
    verdict: Annotated[Verdict, *one_of(Verdict)]


class RecordedReport(Entry):
    """A report that was written; ``path`` is relative to the record's folder, absent where it went to stdout."""

    path: Text | None = None
    format: Text
    lang: Text
    sha256: Text


class Command(StrEnum):
    AUDIT = "audit"
    VERIFY = "verify"
    REPLAY = "replay"


class Asked(Entry):
    """What decided the answer beside the inputs."""

    command: Annotated[Command, *one_of(Command)]
    as_of: Day
    spoofed: Flag = False
    all_flows: Flag = False
    fail_on: Annotated[Severity, *one_of(Severity)]
    allow_undetermined: Flag = False


class RunRecord(Entry):
    """One run of ``audit``, ``verify`` or ``replay``. ``project`` is relative to the record's folder."""

    zoneguard_record: Annotated[Text, AfterValidator(known_version)] = Field(description="Version of this format: 1.")
    version: Text = Field(description="Version of zoneguard.")
    utc: Text
    jst: Text
    name: Text = Field(description="Name of the project.")
    project: Text
    asked: Asked
    profiles: Rows[RecordedProfile] = ()
    inputs: Rows[RecordedFile] = ()
    verdict: Annotated[Verdict, *one_of(Verdict)]
    exit_status: Text
    findings: Rows[RecordedFinding] = ()
    clauses: Rows[RecordedClause] = ()
    reports: Rows[RecordedReport] = Field(min_length=1)
    digest: Text | None = None

    def of_kind(self, kind: str) -> list[RecordedFile]:
        """The inputs of that kind."""
        return [file for file in self.inputs if file.kind == kind]


def record_text(record: RunRecord) -> str:
    """The file that ``read_record`` reads as ``record``, with its digest."""
    content = record.model_dump(mode="json", by_alias=True, exclude={"digest"}, warnings=False)
    return json.dumps({**content, "digest": _digest(_plain(content))}, ensure_ascii=False, indent=2) + "\n"


def read_record(path: Path) -> tuple[RunRecord, bool]:
    """The record, and whether it is as it was written. Raises ``InputError``: it cannot be read, or is no record."""
    try:
        plain = _plain(json.loads(read_text(path)))
        record = RunRecord.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "-"
        problem = problem_of(first)
        said = N_("no run record, or one that was written in: {place}: {problem}", place=where, problem=problem)
        raise InputError(said, str(path)) from None
    except json.JSONDecodeError as error:
        said = N_("no run record, which is JSON: {problem}", problem=error.msg)
        raise InputError(said, str(path), error.lineno, error.colno) from None
    except (ValueError, RecursionError) as error:
        raise InputError(N_("no run record: {problem}", problem=str(error)), str(path)) from None
    return record, record.digest == _digest(plain)


def _plain(value: Any) -> Any:
    """As the models of this package read values: all of them text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if value is None else str(value)


def _digest(plain: Any) -> str:
    """Of the values without their layout and types."""
    rest = {key: value for key, value in plain.items() if key != "digest"} if isinstance(plain, dict) else plain
    canonical = json.dumps(rest, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
