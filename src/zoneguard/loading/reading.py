"""The text of a YAML file, in the encodings in which such files are written here."""

from __future__ import annotations

import re
from pathlib import Path

from zoneguard.model.errors import InputError, system_reason
from zoneguard.model.text import N_

MAX_BYTES = 8 << 20
_UNDEFINED_IN_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")  # what Python makes of bytes that the code page lacks


def read_text(path: Path) -> str:
    """The text of ``path``: UTF-8 (with a mark or without), UTF-16 with a mark, or CP932. Raises ``InputError``."""
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The content of a file that somebody wrote by hand. Raises ``InputError``."""
    shown = str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(N_("there is no such file"), shown) from None
    except IsADirectoryError:
        raise InputError(N_("this is a directory, a YAML file is expected"), shown) from None
    except (OSError, ValueError) as error:
        raise InputError(N_("cannot be read: {reason}", reason=system_reason(error)), shown) from None
    if len(data) > MAX_BYTES:
        raise InputError(N_("larger than {limit} MiB: hardly a file written by hand", limit=MAX_BYTES >> 20), shown)
    return data


def decode(data: bytes, shown: str) -> str:
    """The text of ``data``, the content of the file shown as ``shown``. Raises ``InputError``."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if wide or b"\0" not in data:
        for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp932"):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if encoding != "cp932" or not _UNDEFINED_IN_CP932.search(text):
                return text
    raise InputError(N_("this is not text: save it as UTF-8 (or CP932)"), shown)
