"""The languages of zoneguard: English templates in the code, gettext catalogues beside this file."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from zoneguard.model.text import Reason

DOMAIN = "zoneguard"
LANGUAGES = ("en", "ja")


def language(option: str | None, env: Mapping[str, str]) -> str:
    """``option`` where one is given, otherwise the language of the locale in ``env`` as POSIX orders its variables."""
    if option:
        return option
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if env.get(variable):
            return "ja" if env[variable].lower().startswith("ja") else "en"
    return "en"


def named(arguments: Sequence[str]) -> str | None:
    """The language that ``--lang`` names among the arguments of a command line; ``None``: none that there is."""
    said = [value for option, value in pairwise(arguments) if option == "--lang"]
    said += [a.removeprefix("--lang=") for a in arguments if a.startswith("--lang=")]
    return next((lang for lang in said if lang in LANGUAGES), None)


@cache
def translator(lang: str) -> Callable[[str], str]:
    """Template → its sentence in ``lang``; a template without translation stays English. Raises ``ValueError``."""
    if lang not in LANGUAGES:
        raise ValueError(f"no catalogue for {lang!r}; there are {', '.join(LANGUAGES)}")
    if lang == "en":
        return str
    catalogue = gettext.translation(DOMAIN, Path(__file__).parent, [lang])

    def translate(template: str) -> str:
        if isinstance(template, Reason):
            return template.render(translate)
        return catalogue.gettext(template) if template else ""

    return translate
