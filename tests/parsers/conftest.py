"""Whatever the tests of parsers bring about is said in every language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.locale.reasons import untranslated
from zoneguard.model.device import LineAccount
from zoneguard.parsers.accounting import Ledger


@pytest.fixture(autouse=True)
def _every_reason_is_translated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    close = Ledger.close
    english: set[str] = set()

    def checked(ledger: Ledger) -> LineAccount:
        account = close(ledger)
        english.update(untranslated(account))
        return account

    monkeypatch.setattr(Ledger, "close", checked)
    yield
    assert not english, f"reasons without translation: {sorted(english)}"
