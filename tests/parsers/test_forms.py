"""Whole forms of commands: which words and numbers fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.model.device import Concern
from zoneguard.parsers import Source
from zoneguard.parsers._forms import Forms, not_whole
from zoneguard.parsers.accounting import BLANK, Ledger

FORMS = Forms(
    ("", Concern.FILTER, "list <name> (in|out)\n vlan <1-4094>\n server <ip> {prefer|key <number>} [via <unit>]"),
    ("", Concern.OTHER, "open (<range>|<v6>|<mac>) [mode=]"),
    ("port|ring", Concern.INTERFACE, "address <prefix> [second]\n note <text>\n member <words>\n log <transport>"),
)


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("", "list A in"),
        ("", "LIST A out"),
        ("", "vlan 4094"),
        ("", "server 10.0.0.1"),
        ("", "server 10.0.0.1 key 3 prefer key 4 via 1/2"),
        ("", "address of nothing that is known here"),
        ("port", "address 10.0.0.1/24 second"),
        ("ring", "address 2001:db8::1/64"),
        ("port", "note"),
        ("port", "note what you like"),
        ("ring", "member a b"),
        ("ring", "log udp/514"),
        ("port", "list A in in"),
        ("", "open 10.0.0.1-10.0.0.9 mode=fast"),
        ("", "open fe80::1%lan1"),
        ("", "open 00:a0:de:00:00:0f mode=slow"),
    ],
)
def test_what_fits_or_begins_as_no_form_does(block: str, text: str) -> None:
    assert FORMS.odd(block, text.split()) is None


@pytest.mark.parametrize(
    ("block", "text", "concern"),
    [
        ("", "list A", Concern.FILTER),
        ("", "list A in out", Concern.FILTER),
        ("", "list A across", Concern.FILTER),
        ("", "vlan 0", Concern.FILTER),
        ("", "vlan 4095", Concern.FILTER),
        ("", "vlan 99999999999", Concern.FILTER),
        ("", "server 10.0.0.1 prefer sometimes", Concern.FILTER),
        ("", "server 10.0.0.1 via eth0", Concern.FILTER),
        ("ring", "address 10.0.0.1", Concern.INTERFACE),
        ("port", "member", Concern.INTERFACE),
        ("port", "log udp/many", Concern.INTERFACE),
        ("", "open 10.0.0.1-", Concern.OTHER),
        ("", "open 10.0.0.1 mode", Concern.OTHER),
    ],
)
def test_what_does_not_fit(block: str, text: str, concern: Concern) -> None:
    assert FORMS.odd(block, text.split()) is concern


@pytest.mark.parametrize(
    ("block", "text", "strange"),
    [
        ("", "list A in out", "out"),
        ("", "list A very in", "very"),
        ("", "vlan 4095", "4095"),
        ("", "server 10.0.0.1 sometimes via 1/2", "sometimes"),
        ("", "list A", "A"),
        ("", "server 10.0.0.1 once twice", "10.0.0.1 once twice"),
        ("port", "member", "member"),
    ],
)
def test_what_is_strange_is_named(block: str, text: str, strange: str) -> None:
    assert FORMS.strange(block, text.split()) == strange


def test_only_lines_that_were_understood_are_spoken_of() -> None:
    ledger = Ledger(Source("f", ("list A across",) * 3), "test")
    ledger.understood(1)
    ledger.ignored(BLANK, 2)
    ledger.not_understood(3, "no rule reads this line", Concern.OTHER)
    FORMS.check((("", number, ("list", "A", "across")) for number in (1, 2, 3)), ledger)
    assert [(m.span.first, m.reason) for m in ledger.close().not_understood] == [
        (1, not_whole("A across")),
        (3, "no rule reads this line"),
    ]


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8), st.sampled_from(["", "port", "x"]))
def test_any_words_are_judged(words: list[str], block: str) -> None:
    assert FORMS.odd(block, words) in (None, Concern.FILTER, Concern.INTERFACE, Concern.OTHER)
