"""The reports of one run: the one of ``--format`` and those of ``--report``, and the record of all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from zoneguard.commands.judgement import Judgement
from zoneguard.console import Session, UsageProblem, write_files
from zoneguard.loading.record import RunRecord, record_text
from zoneguard.model.clock import both_clocks
from zoneguard.model.findings import Report
from zoneguard.model.text import N_
from zoneguard.plugins import of_type
from zoneguard.reports import ReportFormat


@dataclass(frozen=True, slots=True)
class Target:
    """A report that was asked for. ``path`` is ``None`` for stdout."""

    form: ReportFormat
    path: Path | None


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was made."""

    target: Target
    data: bytes


def targets(session: Session, asked: Judgement) -> list[Target]:
    """What was asked for, the report of ``--format`` first. Raises ``UsageProblem`` for what cannot be."""
    main = Target(_format(asked.form), session.output)
    if main.form.binary and session.terminal:
        raise UsageProblem(N_("{name} is no text: name a file with --output", name=main.form.name))
    found = [main, *map(_target, asked.reports)]
    files = [path.resolve() for path in (asked.record, *(target.path for target in found)) if path]
    if len(set(files)) < len(files):
        raise UsageProblem(N_("--output, --report and --record name one file twice"))
    return found


def write_reports(session: Session, asked: Judgement, report: Report, wanted: Iterable[Target], status: int) -> None:
    """Every report and the record of the run, all or none; what goes to stdout comes last.

    Raises ``InputError``, and ``UsageProblem`` where one would take the place of an input.
    """
    made = [Made(t, t.form.write(report, session.lang, session.terminal and t.path is None)) for t in wanted]
    files = [(m.target.path, m.data) for m in made if m.target.path]
    if asked.record:
        files.append((asked.record, _record(asked.record, session.lang, asked, report, made, status)))
    inputs = {i.location.resolve() for i in report.inputs} | {asked.redact_key.resolve() if asked.redact_key else None}
    for path, _ in files:
        if path.resolve() in inputs:
            raise UsageProblem(N_("{path} is an input of this run; write to another file", path=str(path)))
    write_files([(path, (data,)) for path, data in files])
    for m in made:
        if m.target.path is None:
            session.write(m.data)


def _record(path: Path, lang: str, asked: Judgement, report: Report, made: Sequence[Made], status: int) -> bytes:
    """The record, at ``path``, of a run that made these reports and answered ``status``."""
    project, now = report.project, datetime.now(UTC)
    home, root = path.parent, project.root
    record = RunRecord.model_validate(
        {
            "zoneguard-record": "1",
            "version": version("zoneguard"),
            **both_clocks(now, "seconds"),
            "name": project.name,
            "project": _from(home, Path(project.file)),
            "asked": {
                "command": report.command,
                "as-of": project.as_of.isoformat(),
                "spoofed": str(report.spoofed),
                "all-flows": str(asked.looking.all_flows),
                "fail-on": asked.fail_on,
                "allow-undetermined": str(asked.allow_undetermined),
            },
            "profiles": [{"name": p.name, "sha256": p.sha256} for p in project.profiles],
            "inputs": [{"path": _from(root, i.location), "kind": i.kind, "sha256": i.sha256} for i in report.inputs],
            "verdict": report.verdict.value,
            "exit-status": str(status),
            "findings": [
                {"fingerprint": f.fingerprint, "check": f.check, "verdict": f.verdict.value, "severity": f.severity}
                for f in report.findings
            ],
            "clauses": [{"clause": c.clause, "verdict": c.verdict.value} for c in report.clauses],
            "reports": [
                {
                    "path": _from(home, w.target.path) if w.target.path else None,
                    "format": w.target.form.name,
                    "lang": lang,
                    "sha256": hashlib.sha256(w.data).hexdigest(),
                }
                for w in made
            ],
        }
    )  # fmt: skip
    return record_text(record).encode("utf-8", "backslashreplace")


def _target(text: str) -> Target:
    """``FORMAT=FILE`` of ``--report``."""
    name, sign, path = text.partition("=")
    if not sign or not path:
        raise UsageProblem(N_("--report is FORMAT=FILE, as html=report.html, not {text}", text=text))
    return Target(_format(name), Path(path))


def _format(name: str) -> ReportFormat:
    formats = {plugin.name: plugin for plugin in of_type("zoneguard.reports", ReportFormat)}
    if name not in formats:
        raise UsageProblem(N_("no report format is called {name}; known: {names}", name=name, names=", ".join(formats)))
    return formats[name]


def _from(folder: Path, path: Path) -> str:
    """``path`` as seen from ``folder``."""
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
