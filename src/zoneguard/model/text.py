"""Sentences for people, kept apart from their language until a report is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """An English template with ``{named}`` places and their values; the template is the gettext message id.

    A value may itself be a ``Text``: it is translated before it is put in its place.
    """

    template: str
    args: tuple[tuple[str, str | int | Text], ...] = ()

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the language of ``translate``."""
        values = {k: v.render(translate) if isinstance(v, Text) else v for k, v in self.args}
        return translate(self.template).format(**values)

    def __str__(self) -> str:
        return self.render()


def N_(template: str, /, **args: str | int | Text) -> Text:  # noqa: N802 (gettext's own name)
    """Mark ``template`` for translation and bind its places."""
    return Text(template, tuple(args.items()))
