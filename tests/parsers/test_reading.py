"""Reading: what is refused and how, which encoding is chosen, what a terminal left behind, which parser is picked."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.model.device import LineAccount
from zoneguard.model.errors import InputError
from zoneguard.parsers import Kind, Parsed, Parser, Source, reading
from zoneguard.parsers.reading import decode, detect, laid_out, parser_named, read_source, split_lines

SENTENCE = "ip filter 1 pass * * # 庁内LANからインターネットへの通信を許可する（本庁舎）"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_source(path, "configs/edge.txt")
    assert caught.value.file == "configs/edge.txt"
    return str(caught.value.message)


def test_a_plain_file_keeps_its_shown_name_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_bytes(b"one\ntwo  \n\nfour")
    assert read_source(path, "configs/a.conf") == Source(
        "configs/a.conf", ("one", "two  ", "", "four"), "utf-8", unended=True
    )


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "empty", "blank", "name", "nul"])
def test_what_cannot_be_read_is_said_with_the_way_out(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind in ("empty", "blank"):
        path.write_bytes(b"" if kind == "empty" else b"\xef\xbb\xbf\r\n \r\n")
    elif kind == "name":
        path = tmp_path / ("n" * 5000)
    elif kind == "nul":
        path = Path("a\0b")
    expected = {"missing": "no such file", "directory": "directory", "fifo": "not a regular file", "empty": "empty"}
    message = refusal(path)
    assert expected.get(kind, "empty" if kind == "blank" else "cannot be read") in message
    assert ";" in message


def test_an_unreadable_file_names_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("x")

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in refusal(path)


def test_the_size_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    path = tmp_path / "big"
    path.write_bytes(b"x" * 11)
    assert "larger than" in refusal(path)


@pytest.mark.parametrize(
    "data",
    [b"\x7fELF\x02\x01\0\0", b"\x01\x02\x03\x04\x05\x06hello", bytes(range(128, 256)) * 4, b"\xff\xfea"],
    ids=["nul", "control", "undecodable", "half-utf16"],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="binary"):
        decode(data, "f")


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp932", "cp932"), ("euc_jp", "euc-jp"),
     ("iso2022_jp", "iso-2022-jp")],
)  # fmt: skip
def test_each_encoding_of_one_sentence_reads_the_same(codec: str, name: str) -> None:
    assert decode(SENTENCE.encode(codec), "f") == (SENTENCE, name)


@pytest.mark.parametrize(
    "text", ["本庁", "東庁舎", "情報政策課", "ルータ", "サーバー室", "水道局（浄水場）", "県立図書館"]
)
def test_short_euc_words_are_not_taken_for_half_width_katakana(text: str) -> None:
    assert decode(f"description lan1 {text}".encode("euc_jp"), "f")[1] in ("euc-jp", "cp932")
    long = f"description lan1 {text}\ndescription lan2 本庁舎のサーバーへの接続"
    assert decode(long.encode("euc_jp"), "f") == (long, "euc-jp")


@pytest.mark.parametrize("text", ["ｻｰﾊﾞｰ", "ｲﾝﾀｰﾈｯﾄ", "ﾌﾟﾘﾝﾀ ｼﾂ", "ｻｰﾊﾞ室", "庁舎ﾙｰﾀ"])
def test_half_width_katakana_are_cp932(text: str) -> None:
    assert decode(f"description lan1 {text}".encode("cp932"), "f") == (f"description lan1 {text}", "cp932")


def test_a_damaged_byte_stays_visible_and_distinct() -> None:
    good = "ip filter 1 pass * *   # ルータ\n" * 5
    data = good.encode() + b"description lan1 \xe3\x83\n" + b"description lan2 \xff\n"
    text, encoding = decode(data, "f")
    assert encoding == "utf-8, damaged"
    assert text == good + "description lan1 \\xe3\\x83\ndescription lan2 \\xff\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(end: str) -> None:
    assert split_lines(end.join(["a", "", "b", ""])) == ("a", "", "b")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("--More--\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b    set srcintf any", "    set srcintf any"),
        ("--More-- \r         \r    set srcintf any", "    set srcintf any"),
        ("---つづく---" + 12 * "\b" + 12 * " " + 12 * "\b" + "ip lan1 mtu 1454", "ip lan1 mtu 1454"),
        ("\x1b[7m--More--\x1b[m\r\x1b[Kip lan1 address dhcp", "ip lan1 address dhcp"),
        (" --More-- \x1b[2Kno shutdown", "no shutdown"),
        ("<--- More --->\r              \raccess-group x", "access-group x"),
        ("---(more 35%)---\rset system", "set system"),
        ("lines 1-45 \x1b[K", ""),
        ("\x1b]0;router\x07show config", "show config"),
        ("shwo\b\bow config", "show config"),
        ("--More--", ""),
        ("-- remark about more -- filters", "-- remark about more -- filters"),
        ("plain", "plain"),
    ],
)  # fmt: skip
def test_what_a_pager_left_is_removed(raw: str, shown: str) -> None:
    assert split_lines(f"first\n{raw}\nthird\n") == ("first", shown, "third")


def test_the_mark_for_the_end_of_a_file_of_old_is_no_text() -> None:
    assert decode("本庁\n".encode("cp932") + b"\x1a", "f") == ("本庁\n", "cp932")


def test_a_lone_carriage_return_never_hides_a_line() -> None:
    assert split_lines("a\npermit any\rdeny any\nb\n") == ("a", "permit any", "deny any", "b")
    assert split_lines("permit any\r--More--\rdeny any") == ("permit any", "", "deny any")


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_an_input_error(data: bytes) -> None:
    try:
        text, _ = decode(data, "f")
    except InputError:
        return
    assert all("\n" not in line and "\r" not in line and "\x1b" not in line for line in split_lines(text))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\b\x1b\0\xa0-"), max_size=20), min_size=1))
def test_text_without_terminal_remnants_is_left_alone(lines: list[str]) -> None:
    assert split_lines("".join(f"{line}\n" for line in lines)) == tuple(lines)


def fake(name: str, confidence: float, kind: Kind = Kind.CONFIG) -> Parser:
    def parse(source: Source, device: str) -> Parsed:
        return Parsed((), LineAccount(source.file, name, 0, 0, {}))

    return Parser(name=name, title=name, sniff=lambda source: confidence, parse=parse, kind=kind)


SOURCE = Source("x.conf", ("hello",))


def test_the_most_confident_parser_wins() -> None:
    formats = [fake("a", 0.4), fake("b", 0.9), fake("c", 0.95, Kind.ROUTES)]
    assert detect(SOURCE, formats).name == "c"
    assert detect(SOURCE, formats, Kind.CONFIG).name == "b"


def test_no_confidence_and_ties_are_errors_that_name_the_candidates() -> None:
    with pytest.raises(InputError, match=r"x\.conf: .*`--format`, or `format:` in zoneguard.yaml\): a, b"):
        detect(SOURCE, [fake("b", 0.1), fake("a", 0.29)])
    with pytest.raises(InputError, match=r"x\.conf: this could be a, b alike.*`format:`"):
        detect(SOURCE, [fake("b", 0.8), fake("c", 0.4), fake("a", 0.8)])


def test_an_unknown_name_lists_the_known_ones() -> None:
    formats = [fake("b", 0), fake("a", 0)]
    assert parser_named("a", formats).name == "a"
    with pytest.raises(InputError, match="no format is called zywall; known are a, b"):
        parser_named("zywall", formats)


def test_discovered_parsers_are_the_default() -> None:
    with pytest.raises(InputError, match="known are"):
        parser_named("no such format")
    with pytest.raises(InputError, match="`format:`"):
        detect(SOURCE)


def test_json_on_one_line_is_laid_out_as_jq_does_it(tmp_path: Path) -> None:
    value = {"a": [{"b": "住民" * 300, "c": []}, {}, 1.5], "d": None}
    dense, short = json.dumps(value, ensure_ascii=False), '{"a": 1}'
    path = tmp_path / "plan.json"
    path.write_text(f"{dense}\n{short}\n{dense[:-1]}\n", encoding="utf-8")
    lines = read_source(path, "plan.json").lines
    laid = json.dumps(value, ensure_ascii=False, indent=2).splitlines()
    assert lines == (*laid, short, dense[:-1]), "what is short or broken stays as it is"


@pytest.mark.parametrize("text", ['["' + "x" * 600 + '\\ud800"]', "[" * 5000 + "]" * 5000, "{" + "x" * 600])
def test_json_that_cannot_be_laid_out_stays_one_line(text: str) -> None:
    assert laid_out(text) == (text,)


def test_blanks_that_do_not_break_are_blanks() -> None:
    assert split_lines("interface lan1\n\xa0ip address\xa010.0.0.1\n") == ("interface lan1", " ip address 10.0.0.1")
