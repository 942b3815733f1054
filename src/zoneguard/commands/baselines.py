"""baseline: what is wrong today is accepted for a time, by somebody, for a reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from zoneguard import audit
from zoneguard.commands.projects import DYNAMIC, STATIC, load
from zoneguard.console import Session, UsageProblem
from zoneguard.gate.baseline import accepting
from zoneguard.loading.baseline import baseline_text, read_baseline
from zoneguard.model.text import N_


def write_baseline(
    session: Session, path: Path | None, reason: str, owner: str, expires: date, earlier: Path | None
) -> int:
    """The file that accepts every violation and every undetermined finding of an audit; in front the entries of an
    ``earlier`` one that still hold."""
    project = load(path)
    if expires < project.as_of:
        day = project.as_of.isoformat()
        raise UsageProblem(N_("--expires is before {day}, the day of judgement: nothing would be accepted", day=day))
    if not reason.strip() or not owner.strip():
        raise UsageProblem(N_("--reason and --owner say why it is accepted and who answers for it"))
    kept = tuple(e for e in read_baseline(earlier, project.name) if e.expires >= project.as_of) if earlier else ()
    with session.progress() as progress:
        report = audit.run(project, STATIC | DYNAMIC, progress, baseline=kept)
    entries, refused = accepting(report.findings, reason, owner, expires)
    session.write(baseline_text(project.name, (*kept, *entries)).encode("utf-8", "backslashreplace"))
    for finding in refused:
        session.note(
            N_(
                "not accepted: {check} between {zones} is of some MAC addresses, or of too many rows to write",
                check=finding.check,
                zones=" → ".join(finding.zones),
            )
        )
    return 0
