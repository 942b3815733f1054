"""Both languages of a page in one pool, so that each string is written once and the reader may change the language."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from zoneguard.locale import translator
from zoneguard.model.text import Text
from zoneguard.reports._page import clean

EN, JA = translator("en"), translator("ja")


@dataclass(frozen=True, slots=True)
class Both:
    """A string in English and in Japanese."""

    en: str
    ja: str

    def of(self, lang: str) -> str:
        """The string in ``lang``."""
        return self.ja if lang == "ja" else self.en


def plain(text: str) -> str:
    """``text`` with its line ends, and without characters that steer or that UTF-8 does not have."""
    return "\n".join(map(clean, text.split("\n"))).encode("utf-8", "backslashreplace").decode()


def both(value: Text | str | Both) -> Both:
    """``value`` in both languages; a string that comes from an input is the same in both."""
    if isinstance(value, Both):
        return value
    if isinstance(value, str):
        said = plain(value)
        return Both(said, said)
    return Both(plain(value.render(EN)), plain(value.render(JA)))


@dataclass
class Pool:
    """Strings by number. ``texts``: a string, or ``[English, Japanese]`` where they differ. ``templates``: for each
    language its parts, literal strings and the numbers of the values that stand between them."""

    texts: list[str | list[str]] = field(default_factory=list)
    templates: list[list[list[str | int]]] = field(default_factory=list)
    _texts: dict[Both | str, int] = field(default_factory=dict)
    _templates: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)

    def text(self, value: Text | str | Both) -> int:
        """The number of a whole string."""
        if isinstance(value, str) and value in self._texts:
            return self._texts[value]
        key = both(value)
        if key not in self._texts:
            self._texts[key] = len(self.texts)
            self.texts.append(key.en if key.en == key.ja else [key.en, key.ja])
        if isinstance(value, str):
            self._texts[value] = self._texts[key]
        return self._texts[key]

    def sentence(self, value: Text) -> Any:
        """A number, or ``[template, value, ...]`` whose values are numbers or such lists themselves."""
        if not value.args:
            return self.text(value)
        number, names = self.template(value.template)
        values = dict(value.args)
        return [number, *(self._value(values[name]) for name in names)]

    def template(self, template: str) -> tuple[int, tuple[str, ...]]:
        """The number of a template, and the names of its places in the order in which their values are given."""
        if template not in self._templates:
            parsed = [[(a, b) for a, b, *_ in Formatter().parse(t(template))] for t in (EN, JA)]
            names = tuple(dict.fromkeys(name for parts in parsed for _, name in parts if name is not None))
            self._templates[template] = (len(self.templates), names)
            self.templates.append([_parts(parts, names) for parts in parsed])
        return self._templates[template]

    def _value(self, value: str | int | Text) -> Any:
        return self.sentence(value) if isinstance(value, Text) else self.text(str(value))


def _parts(parsed: list[tuple[str, str | None]], names: tuple[str, ...]) -> list[str | int]:
    parts: list[str | int] = []
    for literal, name in parsed:
        parts += [plain(literal)] if name is None else [plain(literal), names.index(name)]
    return parts
