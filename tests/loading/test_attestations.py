"""The attestation file: what it says, what is wrong in it, and what it decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.errors import InputErrors
from zoneguard.model.findings import Report
from zoneguard.model.policy import Verdict
from zoneguard.model.project import Attestation
from zoneguard.model.spans import SourceSpan

PROJECT = """\
zoneguard: 1
profile: [mikasa]
as-of: 2026-11-01
zones: {lgwan: {class: lgwan, prefixes: [10.20.0.0/16]}}
attestations: words.yaml
"""
WORDS = """\
zoneguard-attestations: 1
attestations:
  - {clause: "mikasa:24(3)", by: 情報政策課長, on: 2026-04-01, document: 認証設定報告書 第3号, until: 2027-03-31}
"""


def report(tmp_path: Path, words: str) -> Report:
    (tmp_path / "zoneguard.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "words.yaml").write_text(words, encoding="utf-8")
    return run(load_project(tmp_path))


def verdict(tmp_path: Path, words: str, clause: str = "mikasa:24(3)") -> tuple[Verdict, str]:
    result = next(r for r in report(tmp_path, words).clauses if r.clause == clause)
    return result.verdict, str(result.reason)


def test_a_word_that_holds_makes_the_clause_conform(tmp_path: Path) -> None:
    found, reason = verdict(tmp_path, WORDS)
    assert found is Verdict.CONFORMS
    assert "情報政策課長" in reason
    assert "認証設定報告書 第3号" in reason
    assert "words.yaml:3" in reason
    (row,) = load_project(tmp_path).attestations
    assert (row.clause, row.on, row.until) == ("mikasa:24(3)", date(2026, 4, 1), date(2027, 3, 31))


def test_other_clauses_still_need_a_word(tmp_path: Path) -> None:
    assert verdict(tmp_path, WORDS, "mikasa:24(4)")[0] is Verdict.ATTESTATION_NEEDED


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("2027-03-31", "2026-10-31", "held until 2026-10-31"), ("2026-04-01", "2026-11-02", "after the day of the audit")],
)
def test_a_word_that_ended_or_comes_later_decides_nothing(tmp_path: Path, old: str, new: str, said: str) -> None:
    found, reason = verdict(tmp_path, WORDS.replace(old, new))
    assert found is Verdict.ATTESTATION_NEEDED
    assert said in reason


def test_a_proxy_clause_that_no_check_decides_may_be_confirmed(tmp_path: Path) -> None:
    assert verdict(tmp_path, WORDS.replace("24(3)", "47(3)"), "mikasa:47(3)")[0] is Verdict.CONFORMS


def test_of_several_words_one_that_holds_counts(tmp_path: Path) -> None:
    ended = '  - {clause: "mikasa:24(3)", by: 前課長, on: 2025-04-01, document: 旧報告書, until: 2026-03-31}\n'
    for words in (WORDS + ended, WORDS.replace("attestations:\n", "attestations:\n" + ended)):
        assert verdict(tmp_path, words)[0] is Verdict.CONFORMS


def test_the_file_is_an_input_with_its_hash(tmp_path: Path) -> None:
    inputs = report(tmp_path, WORDS).inputs
    assert [(i.path, i.kind) for i in inputs] == [("zoneguard.yaml", "project"), ("words.yaml", "attestations")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("24(3)", "24(33)", "did you mean `mikasa:24(3)`?"),
        ("24(3)", "24(1)前段", "network data decide mikasa:24(1)前段; nobody's word can"),
        ("2027-03-31", "2026-03-31", "it would end before the day on which it was confirmed"),
        ("by: 情報政策課長, ", "", "the key `by` is missing"),
        ("attestations: 1", "attestations: 2", "format 2 is not read"),
        ("document", "dokument", "the key `dokument` is not known"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputErrors) as caught:
        report(tmp_path, WORDS.replace(old, new, 1))
    assert any(said in str(e.message) and e.file.endswith("words.yaml") and e.line for e in caught.value.errors)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "zoneguard.yaml").write_text(PROJECT)
    with pytest.raises(InputErrors, match="there is no file"):
        load_project(tmp_path)


def test_a_word_holds_from_its_day_to_its_end() -> None:
    word = Attestation("c", "b", date(2026, 4, 1), "d", SourceSpan("words.yaml", 3, 3), date(2026, 4, 3))
    assert [word.holds(date(2026, 4, day)) for day in (1, 3, 4)] == [True, True, False]
    assert not word.holds(date(2026, 3, 31))
