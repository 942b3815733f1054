"""Which reasons of an account stay English in another language."""

from __future__ import annotations

from zoneguard.locale import LANGUAGES, translator
from zoneguard.model.device import LineAccount
from zoneguard.model.text import as_reason

_KNOWN: set[str] = set()


def untranslated(account: LineAccount) -> list[str]:
    """The templates of the reasons, and of those within them, that some language does not say in its own words."""
    reasons = (*account.ignored, *(m.reason for m in account.not_understood))
    templates = {part.template for reason in reasons for part in as_reason(reason).parts()} - _KNOWN
    found = {t for t in templates for lang in LANGUAGES if lang != "en" and translator(lang)(t) == t}
    _KNOWN.update(templates - found)
    return sorted(found)
