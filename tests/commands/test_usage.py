"""What click says of a command line, in the language that is asked for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from tests.commands.conftest import Run
from tests.test_cli import process
from zoneguard.cli import cli
from zoneguard.locale import named
from zoneguard.locale.command_line import PLURALS, SENTENCES

ENGLISH = re.compile(r"\b(?:Usage|Options|Commands|Error|Try|Missing|Invalid|No|Did|Got|Show|not|is|required)\b")


def test_click_asks_for_these_sentences() -> None:
    """A sentence that click words otherwise would stay English."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(click.__path__[0]).glob("*.py")]
    asked = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    ours = [sentence.template for sentence in SENTENCES] + [form for forms in PLURALS for form in forms]
    assert [sentence for sentence in ours if sentence not in asked] == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["trace", "--from", "10.0.0.1"], "必要なオプションがありません: '--to'"),
        (["parse"], "必要な引数がありません: 'FILE'"),
        (["audit", "--fial-on", "high"], "'--fail-on' ではありませんか"),
        (["audit", "--fail-on", "hihg"], "'hihg' は使えません。使えるもの: 'critical', 'high'"),
        (["audit", "--fail-on"], "オプション '--fail-on' には値が必要です"),
        (["audit", "--quiet=1"], "オプション '--quiet' に値は付けられません"),
        (["audit", "a", "b"], "余分な引数があります(b)"),
        (["audit", "--as-of", "today"], "'today' は日付として読めません"),
        (["trace", "--dport", "x"], "'x' は整数ではありません"),
        (["trace", "--dport", "65536"], "65536 は範囲 0<=x<=65535 の外です"),
        (["adit"], "'adit' というコマンドはありません"),
    ],
)
def test_a_wrong_command_line_in_japanese(zoneguard: Run, args: list[str], said: str) -> None:
    command, *rest = args
    status, out, err = zoneguard(command, "--lang", "ja", *rest)
    assert (status, out) == (2, "")
    assert said in err
    assert "エラー: " in err
    assert not ENGLISH.search(err)
    assert "Error: " in zoneguard(command, "--lang=en", *rest)[2]


def test_a_wrong_command_line_says_how_it_is_used(zoneguard: Run) -> None:
    err = zoneguard("parse", "--lang", "ja")[2]
    assert err.startswith("使い方: zoneguard parse")
    assert "詳しくは 'zoneguard parse --help' を実行してください。" in err


@pytest.mark.parametrize("command", ["", *cli.commands])
def test_help_is_in_the_language_that_is_asked_for(command: str) -> None:
    words = [command] if command else []
    shown = process(*words, "--help", *(["--lang", "ja"] if command else []), LC_ALL="C.UTF-8" if command else "ja_JP")
    assert shown.returncode == 0
    assert shown.stdout.startswith("使い方: zoneguard")
    assert "この説明を表示して終わります" in shown.stdout
    assert not ENGLISH.search(shown.stdout)
    assert process(*words, "--help", LC_ALL="C.UTF-8").stdout.startswith("Usage: zoneguard")


@pytest.mark.parametrize(
    ("arguments", "lang"),
    [
        ([], None),
        (["verify", "--lang", "ja"], "ja"),
        (["--lang=en", "-q"], "en"),
        (["verify", "--lang"], None),
        (["verify", "--lang", "de"], None),
        (["--language", "ja"], None),
    ],
)
def test_the_language_among_arguments(arguments: list[str], lang: str | None) -> None:
    assert named(arguments) == lang


def test_the_options_of_every_command_may_stand_before_its_name(zoneguard: Run, tmp_path: Path) -> None:
    behind = zoneguard("profiles", "--lang", "ja")
    assert zoneguard("--lang", "ja", "profiles") == behind
    assert zoneguard("--lang", "en", "profiles", "--lang", "ja") == behind
    assert zoneguard("--lang", "en", "-q", "profiles") == zoneguard("profiles", "--lang", "en")
    told, left = tmp_path / "told", tmp_path / "left"
    assert zoneguard("-o", str(left), "--lang", "ja", "profiles", "-o", str(told))[:2] == (0, "")
    assert told.read_text(encoding="utf-8") == behind[1]
    assert not left.exists()
    assert zoneguard("--lang", "ja", "-o", str(left), "profiles")[:2] == (0, "")
    assert left.read_text(encoding="utf-8") == behind[1]


def test_an_option_before_the_name_is_held_against_what_there_is(zoneguard: Run) -> None:
    status, _, err = zoneguard("--lang", "fr", "verify")
    assert (status, "fr" in err) == (2, True)
    status, _, err = zoneguard("--lang", "ja")
    assert (status, "コマンドがありません。" in err) == (2, True)
