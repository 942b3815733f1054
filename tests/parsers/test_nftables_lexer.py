"""Words of nftables with their lines."""

from __future__ import annotations

import pytest

from zoneguard.parsers._nftables.lexer import END, Words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(END, 1)]),
        ("a b", [("a", 1), ("b", 1), (END, 1)]),
        ("a\n\nb\n", [("a", 1), ("\n", 1), ("\n", 2), ("b", 3), ("\n", 3), (END, 4)]),
        ("a \\\nb\n", [("a", 1), ("b", 2), ("\n", 2), (END, 3)]),
        ("a \\\r\nb", [("a", 1), ("b", 2), (END, 2)]),
        ("a \\ \nb", [("a", 1), ("\\", 1), ("\n", 1), ("b", 2), (END, 2)]),
        ("a \\", [("a", 1), ("\\", 1), (END, 1)]),
        ('log "a # b" # c \\\nd', [("log", 1), ('"a # b', 1), ("\n", 1), ("d", 2), (END, 2)]),
        ('comment \\"x\\"', [("comment", 1), ('"x', 1), (END, 1)]),
    ],
)
def test_words_and_lines(text: str, found: list[tuple[str, int]]) -> None:
    words = Words(text)
    assert list(zip(words.words, words.lines, strict=True)) == found


def test_comments_are_kept_by_line() -> None:
    assert Words("a # one\nb\n# two \\\nc").comments == {1: "# one", 3: "# two \\"}
