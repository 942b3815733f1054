"""Sentences for people, kept apart from their language until a report is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True, slots=True)
class Text:
    """An English template with ``{named}`` places and their values; the template is the gettext message id.

    A value may itself be a ``Text``: it is translated before it is put in its place.
    """

    template: str
    args: tuple[tuple[str, str | int | Text], ...] = ()

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the language of ``translate``."""
        values = {k: v.render(translate) if isinstance(v, Text | Reason) else v for k, v in self.args}
        return translate(self.template).format(**values)

    def __str__(self) -> str:
        return self.render()


def N_(template: str, /, **args: str | int | Text) -> Text:  # noqa: N802 (gettext's own name)
    """Mark ``template`` for translation and bind its places."""
    return Text(template, tuple(args.items()))


def paragraphs(docstring: str) -> tuple[str, ...]:
    """What a docstring says to people: its paragraphs on a line each, code marked as in messages."""
    return tuple(" ".join(part.split()).replace("``", "`") for part in docstring.split("\n\n") if part.strip())


class Reason(str):
    """Why a line is accounted for as it is: a sentence with places, in English wherever a ``str`` is asked for.

    It knows its template, so that it can be said in other languages; a value that is a ``Reason`` is translated, too.
    """

    __slots__ = ("args", "template")

    args: tuple[tuple[str, str | int], ...]
    template: str

    def __new__(cls, template: str, /, **args: str | int) -> Reason:
        """The sentence; without places the template is taken as it is, whatever braces it has."""
        made = super().__new__(cls, template.format(**args) if args else template)
        made.template, made.args = template, tuple(args.items())
        return made

    def __str__(self) -> str:
        return self

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the language of ``translate``."""
        template = translate(self.template)
        values = {k: v.render(translate) if isinstance(v, Reason) else v for k, v in self.args}
        return template.format(**values) if values else template

    def parts(self) -> Iterator[Reason]:
        """The sentences that it is put together of, itself among them."""
        yield self
        for _, value in self.args:
            if isinstance(value, Reason):
                yield from value.parts()


class Choice(Reason):
    """A condition whose outcome the sender of the packets chooses, as of which application a session is."""

    __slots__ = ()


def together(sentences: Iterable[str]) -> Reason:
    """Several sentences in a row, each to be translated; empty for none."""
    found = [as_reason(sentence) for sentence in sentences]
    return reduce(
        lambda one, other: Reason("{name}, {other}", name=one, other=other), found or [Reason("{none}", none="")]
    )


def as_reason(sentence: str) -> Reason:
    """``sentence``, to be translated where it becomes part of another one."""
    return sentence if isinstance(sentence, Reason) else Reason(sentence)
