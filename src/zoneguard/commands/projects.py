"""audit, verify, replay, matrix: a project is loaded, looked at, and shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from zoneguard import audit
from zoneguard.commands.judgement import Judgement
from zoneguard.commands.reporting import targets, write_reports
from zoneguard.console import Session, UsageProblem
from zoneguard.gate.verdict import exit_status
from zoneguard.loading.baseline import read_baseline
from zoneguard.loading.project import find_project, load_project
from zoneguard.model.errors import InputError
from zoneguard.model.findings import Accepted, Report
from zoneguard.model.policy import Severity
from zoneguard.model.project import CaptureEntry, Project
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.reports import json as json_report
from zoneguard.reports import text as text_report
from zoneguard.reports._values import dump

STATIC = frozenset({"static"})
DYNAMIC = frozenset({"dynamic"})
INPUTS = {"static": "devices", "dynamic": "captures"}
PROJECT_SUFFIXES = (".yaml", ".yml")


def load(path: Path | None, as_of: date | None = None) -> Project:
    """The project at ``path``, or the nearest one upwards."""
    return load_project(path or find_project(), as_of)


def judge(session: Session, project: Project, halves: frozenset[str], asked: Judgement) -> int:
    """Run the halves, write the reports and their record, and answer whether CI may go on."""
    wanted = targets(session, asked)
    if not (project.devices and halves >= STATIC) and not (project.captures and halves >= DYNAMIC):
        keys = " / ".join(f"`{key}`" for half, key in INPUTS.items() if half in halves)
        raise UsageProblem(N_("nothing to look at: {file} declares no {keys}", file=project.file, keys=keys))
    key = asked.key()
    report = report_of(session, project, halves, asked)
    status = exit_status(report.findings, Severity(asked.fail_on), asked.allow_undetermined)
    write_reports(session, asked, audit.redacted(report, key) if key else report, wanted, status)
    return status


def split_paths(paths: tuple[Path, ...]) -> tuple[Path | None, tuple[Path, ...]]:
    """``[PROJECT] [CAPTURE...]``: a directory or a YAML file in front is the project."""
    if paths and (paths[0].is_dir() or paths[0].suffix in PROJECT_SUFFIXES):
        return paths[0], paths[1:]
    return None, paths


def with_captures(project: Project, given: tuple[Path, ...]) -> Project:
    """The project with these captures for its own; a declared one keeps its capture point."""
    declared = {entry.path.resolve(): entry for entry in project.captures}
    for path in given:
        if not path.is_file():
            raise InputError(N_("there is no such capture file"), str(path))
    unknown_point = SourceSpan(project.file, 1, 1)
    entries = tuple(declared.get(path.resolve(), CaptureEntry(path, unknown_point)) for path in given)
    if not entries and not declared:
        raise UsageProblem(N_("no capture: name one, or declare it under `captures`"))
    return replace(project, captures=entries or project.captures)


def show_matrix(session: Session, project: Project, form: str, spoofed: bool, intrazone: bool = False) -> int:
    """ゾーン間通信マトリクス, from the configurations."""
    asked = Judgement(form, "info", allow_undetermined=True, spoofed=spoofed, intrazone=intrazone)
    report = report_of(session, project, STATIC, asked)
    if form == "json":
        session.write(dump(json_report.matrix(report)))
    else:
        session.write(text_report.matrix(report, session.lang, session.terminal))
    return 0


def report_of(session: Session, project: Project, halves: frozenset[str], asked: Judgement) -> Report:
    """The report of these halves, with progress shown."""
    accepted = read_baseline(asked.baseline, project.name) if asked.baseline else ()
    with session.progress() as progress:
        report = audit.run(project, halves, progress, asked.spoofed, accepted, asked.looking, asked.intrazone)
    _tell_idle(session, project, accepted, report)
    if asked.baseline:
        return replace(report, inputs=(*report.inputs, audit.input_file(project, asked.baseline, "baseline")))
    return report


def _tell_idle(session: Session, project: Project, accepted: tuple[Accepted, ...], report: Report) -> None:
    """Say which entries of the baseline held nothing back."""
    used = {entry for held in report.held for entry in held.entries}
    for entry in accepted:
        words = {"place": str(entry.span), "check": entry.check, "day": entry.expires.isoformat()}
        if entry.expires < project.as_of:
            session.note(N_("{place}: {check} was accepted until {day}: this counts no more", **words))
        elif entry not in used and report.command == "audit":
            session.note(N_("{place}: {check} is accepted until {day}, and nothing like it was found", **words))
