"""Errors that are the input's or the user's: shown as one clear message, exit status 2, no traceback."""

from __future__ import annotations

import errno

from zoneguard.model.text import N_, Text


class InputError(Exception):
    """``file:line:column: message``. The message says what is wrong and the way out; line 0: the whole file."""

    def __init__(self, message: Text, file: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message, file, line, column)
        self.message = message
        self.file = file
        self.line = line
        self.column = column

    @property
    def where(self) -> str:
        """``file:line:column`` as far as known."""
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)]) if self.file else ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else str(self.message)


class InputErrors(Exception):  # noqa: N818 (a plural)
    """Several input errors found in one pass, all of them shown."""

    def __init__(self, errors: tuple[InputError, ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(e) for e in self.errors)


_SAID = {
    errno.EACCES: N_("Permission denied"),
    errno.EPERM: N_("Operation not permitted"),
    errno.ENOENT: N_("No such file or directory"),
    errno.ENOTDIR: N_("Not a directory"),
    errno.EISDIR: N_("Is a directory"),
    errno.EEXIST: N_("File exists"),
    errno.ENOSPC: N_("No space left on device"),
    errno.EDQUOT: N_("Disk quota exceeded"),
    errno.EFBIG: N_("File too large"),
    errno.EROFS: N_("Read-only file system"),
    errno.ENAMETOOLONG: N_("File name too long"),
    errno.ELOOP: N_("Too many levels of symbolic links"),
    errno.EMFILE: N_("Too many open files"),
    errno.EIO: N_("Input/output error"),
    errno.ESTALE: N_("Stale file handle"),
}


def system_reason(error: OSError | ValueError) -> Text:
    """What the system says of a file, to be put into a sentence; what is not common stays as the system says it."""
    number = error.errno if isinstance(error, OSError) else None
    said = getattr(error, "strerror", None) or str(error)
    return _SAID.get(number or 0) or Text("{said}", (("said", said),))
