"""flows: the flow table of captures, without a project."""

from __future__ import annotations

from zoneguard.console import Session
from zoneguard.dynamic.surveying import survey
from zoneguard.dynamic.writing import columns, csv_lines, jsonl
from zoneguard.gate.verdict import Exit
from zoneguard.model.flows import CaptureAccount
from zoneguard.model.progress import Step
from zoneguard.model.text import N_
from zoneguard.reports.views.flowing import write_flows


def flows(session: Session, paths: tuple[str, ...], form: str, allow_undetermined: bool) -> int:
    """Every flow in ``form`` (``text``, ``csv``, ``jsonl``, ``columns``); what was not decoded is said on stderr."""
    with session.progress() as progress:
        frames = 0

        def read(count: int) -> None:
            nonlocal frames
            frames += count
            progress(Step(N_("captures: {frames} frames read", frames=frames)))

        seen = survey(paths, digest=False, progress=read, interesting=None)
    if form == "text":
        page = session.page()
        write_flows(page, seen.table.flows)
        session.write(page.encode())
    else:
        lines = {"csv": csv_lines, "columns": columns, "jsonl": jsonl}[form](seen.tracks)
        session.write_parts(line.encode("utf-8", "backslashreplace") for line in lines)
    for account in seen.accounts:
        _tell(session, account)
    cut = any(account.truncated for account in seen.accounts)
    return Exit.UNDETERMINED if cut and not allow_undetermined else Exit.CLEAN


def _tell(session: Session, account: CaptureAccount) -> None:
    for reason, count in sorted(account.skipped.items()):
        why = session.translate(reason)
        session.note(N_("{file}: {count} frames skipped: {reason}", file=account.file, count=count, reason=why))
    if account.truncated:
        where = session.translate(account.truncated)
        session.note(N_("{file}: the capture was read up to a cut: {where}", file=account.file, where=where))
