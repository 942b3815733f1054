"""Errors that are the input's or the user's: shown as one clear message, exit status 2, no traceback."""

from __future__ import annotations

from zoneguard.model.text import Text


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
