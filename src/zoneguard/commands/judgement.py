"""What a judging command was asked."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zoneguard.audit import Looking
from zoneguard.audit.pseudonyms import KEY_BYTES
from zoneguard.model.errors import InputError, system_reason
from zoneguard.model.text import N_


@dataclass(frozen=True, slots=True)
class Judgement:
    """The options of ``audit``, ``verify`` and ``replay``, as ``zoneguard.options`` names them."""

    form: str
    fail_on: str
    allow_undetermined: bool
    baseline: Path | None = None
    record: Path | None = None
    reports: tuple[str, ...] = ()
    redact: bool = False
    redact_key: Path | None = None
    spoofed: bool = False
    intrazone: bool = False
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
            said = N_("cannot be used as a key: {reason}", reason=system_reason(error))
            raise InputError(said, str(self.redact_key)) from None
        if len(key) != KEY_BYTES:
            said = N_("this is no key: one has {count} bytes, and is made where the file is not there", count=KEY_BYTES)
            raise InputError(said, str(self.redact_key))
        return key


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
