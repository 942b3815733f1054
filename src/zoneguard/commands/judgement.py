"""What a judging command was asked, and the record of what it answered."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

from zoneguard.audit import Looking
from zoneguard.audit.pseudonyms import KEY_BYTES
from zoneguard.console import Session
from zoneguard.loading.record import RunRecord
from zoneguard.model.errors import InputError
from zoneguard.model.findings import Report
from zoneguard.model.text import N_

JST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The options of ``audit``, ``verify`` and ``replay``, as ``zoneguard.options`` names them."""

    form: str
    fail_on: str
    allow_undetermined: bool
    baseline: Path | None = None
    record: Path | None = None
    redact: bool = False
    redact_key: Path | None = None
    spoofed: bool = False
    looking: Looking = field(default_factory=Looking)

    def key(self) -> bytes | None:
        """The key of the pseudonyms, from its file, which is made if there is none; of this run only where no file is
        named; ``None``: nothing is hidden. Raises ``InputError``."""
        if self.redact_key is None:
            return secrets.token_bytes(KEY_BYTES) if self.redact else None
        try:
            with suppress(FileExistsError), open(self.redact_key, "xb", opener=_private) as stream:
                stream.write(secrets.token_bytes(KEY_BYTES))
            key = self.redact_key.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(N_("cannot be used as a key: {reason}", reason=reason), str(self.redact_key)) from None
        if len(key) != KEY_BYTES:
            said = N_("this is no key: one has {count} bytes, and is made where the file is not there", count=KEY_BYTES)
            raise InputError(said, str(self.redact_key))
        return key


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def recorded(session: Session, asked: Judgement, report: Report, output: bytes, status: int, home: Path) -> RunRecord:
    """The record, to be written into the folder ``home``, of a run that wrote ``output`` and answered ``status``."""
    project, now = report.project, datetime.now(UTC)
    root = project.root.absolute()
    return RunRecord.model_validate(
        {
            "zoneguard-record": "1",
            "version": version("zoneguard"),
            "utc": now.isoformat(timespec="seconds"),
            "jst": now.astimezone(JST).isoformat(timespec="seconds"),
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
                {
                    "fingerprint": f.fingerprint,
                    "check": f.check,
                    "verdict": f.verdict.value,
                    "severity": f.severity.value,
                }
                for f in report.findings
            ],
            "clauses": [{"clause": c.clause, "verdict": c.verdict.value} for c in report.clauses],
            "report": {
                "path": _from(home, session.output) if session.output else None,
                "format": asked.form,
                "lang": session.lang,
                "sha256": hashlib.sha256(output).hexdigest(),
            },
        }
    )


def _from(folder: Path, path: Path) -> str:
    """``path`` as seen from ``folder``."""
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
