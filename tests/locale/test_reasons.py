"""No reason for a line of the examples and of the corpus stays English, and places are filled in every language."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.locale.reasons import untranslated
from zoneguard.locale import translator
from zoneguard.model.errors import InputError
from zoneguard.model.text import N_, Reason, as_reason
from zoneguard.parsers import Source
from zoneguard.parsers.fortios import parse
from zoneguard.parsers.reading import read_source
from zoneguard.parsers.splitting import parse_source

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("ZONEGUARD_CORPUS", ROOT.parent / "shared" / "corpus")) / "configs"
EXAMPLES = sorted(p for p in (ROOT / "topologies").glob("**/configs/*") if p.is_file())
FOLDERS = sorted(p for p in CORPUS.iterdir() if p.is_dir()) if CORPUS.is_dir() else []
MAX_BYTES = 1_000_000


def english_of(path: Path) -> list[str]:
    """What stays English of one file; of none that no parser reads."""
    try:
        return untranslated(parse_source(read_source(path, path.name), "fw").account)
    except InputError:
        return []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parts[-3]}-{p.name}")
def test_reasons_of_the_examples_are_translated(path: Path) -> None:
    assert not english_of(path)


@pytest.mark.corpus
@pytest.mark.skipif(not FOLDERS, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_reasons_of_the_corpus_are_translated(folder: Path) -> None:
    files = [p for p in folder.rglob("*") if p.is_file() and p.stat().st_size < MAX_BYTES]
    assert not sorted({reason for path in files for reason in english_of(path)})


def test_a_reason_is_english_where_text_is_asked_for_and_knows_its_template() -> None:
    reason = Reason('the address "{name}" is not defined in this file', name="a{b}")
    assert (str(reason), reason == 'the address "a{b}" is not defined in this file') == (reason, True)
    assert translator("ja")(reason) == "アドレス「a{b}」はこのファイルに定義がない"
    assert translator("en")(reason) == reason
    within = Reason(
        'the group "{name}" {what}', name="g", what=Reason("is nested deeper than {count} groups", count=64)
    )
    assert within == 'the group "g" is nested deeper than 64 groups'
    assert translator("ja")(within) == "グループ「g」は 64 個を超えるグループの入れ子"
    assert [part.template for part in within.parts()] == [
        'the group "{name}" {what}',
        "is nested deeper than {count} groups",
    ]
    assert as_reason("{ not a place").render() == "{ not a place"
    assert N_("{file}: {reason}", file="x", reason=within).render(translator("ja")).endswith("グループの入れ子")


def test_a_line_not_understood_is_explained_in_japanese() -> None:
    lines = ("config firewall policy", "edit 1", 'set srcaddr "nobody"', 'set dstaddr "all"', "next", "end")
    account = parse(Source("fw", lines), "fw").account
    said = [translator("ja")(m.reason) for m in account.not_understood]
    assert "アドレス「nobody」はこのファイルに定義がない" in said
