"""review: what to clean up in the rule lists of each device."""

from __future__ import annotations

from pathlib import Path

from zoneguard import audit
from zoneguard.commands.projects import load
from zoneguard.console import Session, UsageProblem
from zoneguard.gate.reviewing import review as reviewed
from zoneguard.gate.verdict import Exit
from zoneguard.model.progress import Step
from zoneguard.model.text import N_
from zoneguard.reports._values import dump
from zoneguard.reports.views.reviewing import review_json, write_review


def review(session: Session, path: Path | None, form: str, allow_undetermined: bool) -> int:
    """Look at the rules of a project, and at what its captures show of them. Status 1 where one contradicts another."""
    project = load(path)
    if not project.devices:
        raise UsageProblem(N_("{file}: the project declares no device to review", file=project.file))
    with session.progress() as progress:
        case, _ = audit.examine(project, progress=progress)
        progress(Step(N_("rules")))
        found = reviewed(case)
    if form == "json":
        session.write(dump(review_json(found)))
    else:
        page = session.page()
        write_review(page, found)
        session.write(page.encode())
    if found.contradicted:
        return Exit.VIOLATIONS
    return Exit.UNDETERMINED if found.undetermined and not allow_undetermined else Exit.CLEAN
