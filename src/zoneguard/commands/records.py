"""verify-record: is what a run was made from still there, and does it come out the same?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from zoneguard.audit import Looking
from zoneguard.commands.judgement import Judgement
from zoneguard.commands.projects import DYNAMIC, STATIC, load, report_of, with_captures
from zoneguard.console import Session
from zoneguard.gate.verdict import exit_status
from zoneguard.loading.record import RecordedProfile, RunRecord, read_record
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.findings import Report
from zoneguard.model.project import Project
from zoneguard.model.text import N_, Text
from zoneguard.reports._values import dump
from zoneguard.reports.views.verification import Item, Rerun, State, Verification, verification_json, write_verification

HALVES = {"audit": STATIC | DYNAMIC, "verify": STATIC, "replay": DYNAMIC}


def verify_record(
    session: Session, path: Path, project: Path | None, report: Path | None, form: str, again: bool
) -> int:
    """Compare everything the record at ``path`` names with what is there; ``again``: ask the same question once more.

    ``project`` and ``report``: where they are now, if not where they were. Status 1 where anything differs.
    """
    record, intact = read_record(path)
    where = project or path.parent / record.project
    where = where / "zoneguard.yaml" if where.is_dir() else where
    items = [Item("record", path.as_posix(), State.SAME if intact else State.CHANGED)]
    items += _items(path, record, where, report)
    rerun = _rerun(session, record, where, items) if again else None
    found = Verification(record.name, record.jst, record.version, version("zoneguard"), tuple(items), rerun)
    if form == "json":
        session.write(dump(verification_json(found, session.translate)))
    else:
        page = session.page()
        write_verification(page, found)
        session.write(page.encode())
    return 0 if found.holds else 1


def _items(path: Path, record: RunRecord, where: Path, report: Path | None) -> Iterator[Item]:
    for file in record.inputs:
        at = where if file.kind == "project" else where.parent / file.path
        yield Item(file.kind, file.path, _state(at, file.sha256))
    profiles = _profiles(where)
    for profile in record.profiles:
        yield Item("profile", profile.name, _profile_state(profile, profiles))
    for n, written in enumerate(record.reports):
        moved = report if n == 0 else None
        kept = moved or (path.parent / written.path if written.path else None)
        shown = str(moved) if moved else written.path or "-"
        yield Item("report", shown, _state(kept, written.sha256) if kept else State.UNKNOWN)


def _profiles(project: Path) -> dict[str, str] | None:
    """Name → SHA-256; ``None`` where the project can no longer be read, which its own files tell."""
    try:
        return {profile.name: profile.sha256 for profile in load(project).profiles}
    except (InputError, InputErrors):
        return None


def _profile_state(profile: RecordedProfile, now: dict[str, str] | None) -> State:
    if now is None:
        return State.UNKNOWN
    if profile.name not in now:
        return State.MISSING
    return State.SAME if now[profile.name] == profile.sha256 else State.CHANGED


def _state(path: Path, sha256: str) -> State:
    try:
        with path.open("rb") as stream:
            now = hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return State.MISSING
    return State.SAME if now == sha256 else State.CHANGED


def _rerun(session: Session, record: RunRecord, where: Path, items: Sequence[Item]) -> Rerun:
    """The same question asked again, as far as what it was asked of is still there and can be read."""
    if any(item.state is State.MISSING and item.kind not in ("report", "profile") for item in items):
        return Rerun(problems=(N_("a file that it was made from is missing"),))
    try:
        return _asked_again(session, record, where)
    except InputErrors as errors:
        return Rerun(problems=tuple(map(_problem, errors.errors)))
    except InputError as error:
        return Rerun(problems=(_problem(error),))


def _problem(error: InputError) -> Text:
    return N_("{file}: {problem}", file=error.where, problem=error.message)


def _asked_again(session: Session, record: RunRecord, where: Path) -> Rerun:
    asked = record.asked
    project = load(where, asked.as_of)
    if asked.command == "replay":
        project = _with_recorded_captures(project, record)
    baseline = next((project.root / file.path for file in record.of_kind("baseline")), None)
    looking = Looking(all_flows=asked.all_flows)
    judgement = Judgement(
        "json", asked.fail_on, asked.allow_undetermined, baseline, spoofed=asked.spoofed, looking=looking
    )
    return _compared(record, report_of(session, project, HALVES[asked.command], judgement))


def _with_recorded_captures(project: Project, record: RunRecord) -> Project:
    return with_captures(project, tuple(project.root / file.path for file in record.of_kind("capture")))


def _compared(record: RunRecord, report: Report) -> Rerun:
    then = {f.fingerprint: f"{f.verdict.value}, {f.severity.value}" for f in record.findings}
    now = {f.fingerprint: f"{f.verdict.value}, {f.severity.value}" for f in report.findings}
    clauses_then = {clause.clause: clause.verdict.value for clause in record.clauses}
    clauses_now = {clause.clause: clause.verdict.value for clause in report.clauses}
    status = exit_status(report.findings, record.asked.fail_on, record.asked.allow_undetermined)
    return Rerun(
        gone=tuple(sorted(then.keys() - now.keys())),
        new=tuple(sorted(now.keys() - then.keys())),
        changed=(
            *_differing({k: then[k] for k in then.keys() & now.keys()}, now),
            *_differing(clauses_then | dict.fromkeys(clauses_now.keys() - clauses_then.keys(), "-"), clauses_now),
            *_differing({"verdict": record.verdict.value}, {"verdict": report.verdict.value}),
            *_differing({"exit-status": record.exit_status}, {"exit-status": str(int(status))}),
        ),
    )


def _differing(then: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(name, was, now.get(name, "-")) for name, was in sorted(then.items()) if was != now.get(name, "-")]
