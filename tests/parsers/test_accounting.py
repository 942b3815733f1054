"""The ledger in which every line ends up."""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers import Source
from zoneguard.parsers.accounting import Ledger

LINES = Source("fw.conf", ("a", "b", "c", "", "d"))


def test_many_lines_at_once_are_what_they_are_one_by_one() -> None:
    found = [(1, 1), (2, 3), (5, 9), (8, 8)]  # beyond the end there is nothing to account for
    at_once, singly = Ledger(LINES, "test"), Ledger(LINES, "test")
    at_once.understood_each(found)
    for first, last in found:
        singly.understood(first, last)
    account = at_once.close()
    assert account == singly.close()
    assert (account.understood, account.total, account.not_understood) == (4, 5, ())


def test_what_is_not_understood_is_not_hidden() -> None:
    ledger = Ledger(LINES, "test")
    entry = ledger.not_understood(2, "this next hop cannot be read", Concern.FILTER)
    ledger.understood_each([(1, 5)])
    assert ledger.close().not_understood == (entry,)
