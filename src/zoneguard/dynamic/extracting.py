"""Evidence on disk: carved content under names that cannot harm, and a manifest that says where each came from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zoneguard.model.addresses import endpoint_text
from zoneguard.model.clock import both_clocks
from zoneguard.model.errors import InputError, system_reason
from zoneguard.model.flows import Transfer
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import N_

MANIFEST = "manifest.json"


class Extraction:
    """Writes each content once, as ``<SHA-256>.bin``: no name from the wire, readable by the owner alone, not
    executable. ``folder`` is made; it must be empty. Raises ``InputError``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._content: dict[str, str] = {}  # key of the transfer → SHA-256 of its bytes
        self._written: set[str] = set()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise InputError(N_("the folder for extracted files is not empty"), str(folder))
        except OSError as error:
            raise InputError(N_("cannot write here: {error}", error=system_reason(error)), str(folder)) from error

    def keep(self, transfer: Transfer, data: bytes) -> None:
        """Write one content."""
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._written:
            self._write(f"{digest}.bin", data)
            self._written.add(digest)
        self._content[transfer.key] = digest

    def finish(self, transfers: Iterable[Transfer]) -> None:
        """Write the manifest: of every transfer what is known, and the file that holds its content, if any."""
        entries = [_entry(transfer, self._content.get(transfer.key, "")) for transfer in transfers]
        text = json.dumps({"format": 1, "transfers": entries}, ensure_ascii=False, indent=1)
        self._write(MANIFEST, text.encode("utf-8", "backslashreplace"))

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(data)
        except OSError as error:
            raise InputError(N_("cannot write here: {error}", error=system_reason(error)), str(path)) from error


def _entry(transfer: Transfer, digest: str) -> dict[str, Any]:
    """``sha256`` is asserted of a whole content only; ``file_sha256`` is that of the bytes written, whole or not."""
    flow = transfer.flow
    ends = endpoint_text(flow.src, flow.sport), endpoint_text(flow.dst, flow.dport)
    sender, receiver = ends if transfer.to_responder else ends[::-1]
    frames = sorted(transfer.frames, key=lambda f: (f.time, f.file, f.frame))
    return {
        "key": transfer.key,
        "parent": transfer.parent,
        "file": f"{digest}.bin" if digest else "",
        "file_sha256": digest,
        "sha256": transfer.sha256,
        "protocol": transfer.protocol,
        "kind": transfer.kind,
        "name": transfer.name,
        "media_type": transfer.media_type,
        "size": transfer.size,
        "certainty": transfer.certainty.value,
        "reason": str(transfer.reason),
        "sender": sender,
        "receiver": receiver,
        "hazards": sorted({h.kind for h in transfer.hazards}),
        "frames": _frames(frames),
        "first": _times(frames[0] if frames else flow.first),
        "last": _times(frames[-1] if frames else flow.last),
    }


def _frames(frames: Iterable[CaptureSpan]) -> dict[str, list[int]]:
    """Frame numbers by capture."""
    found: dict[str, set[int]] = {}
    for frame in frames:
        found.setdefault(frame.file, set()).add(frame.frame)
    return {file: sorted(numbers) for file, numbers in found.items()}


def _times(span: CaptureSpan) -> dict[str, str]:
    at = datetime.fromtimestamp(span.time, UTC)
    return both_clocks(at, "microseconds")
