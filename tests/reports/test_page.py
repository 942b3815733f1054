"""Wrapping and widths."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from zoneguard.reports._page import clean, pad, wrap

TEXT = st.text(st.sampled_from("ab: .、。「」マイナンバー接続①→éx/"), max_size=120)


def test_wide_text_is_wrapped_anywhere_but_before_closing_signs() -> None:
    assert wrap("マイナンバー利用事務系。", 10) == ["マイナン", "バー利用事", "務系。"]
    assert wrap("例外台帳(写し)、保管", 14) == ["例外台帳(写", "し)、保管"]


def test_words_and_paths_are_not_torn() -> None:
    assert wrap("see configs/fw-core.conf:120-128 now", 12) == ["see", "configs/fw-core.conf:120-128", "now"]
    assert wrap("", 10) == [""]
    assert wrap("  lead", 10) == ["lead"]


@given(TEXT, st.integers(4, 60))
def test_nothing_is_lost_and_lines_fit(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width or " " not in line.strip() for line in lines)


@given(TEXT, st.integers(0, 40))
def test_padding_counts_columns(text: str, width: int) -> None:
    assert cell_len(pad(text, width)) == max(width, cell_len(text))


def test_clean() -> None:
    assert clean("a\x00\x9b\u2028b\n") == r"a\x00\x9b\u2028b\x0a"
    assert clean("三笠 é → …") == "三笠 é → …"
