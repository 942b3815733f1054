"""Which lines of one state the other lacks."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.audit.texts import Texts, _different
from zoneguard.loading.project import load_project
from zoneguard.model.spans import SourceSpan

PROJECT = """\
zoneguard: 1
profile: []
zones: {a: {class: lgwan, prefixes: 10.1.0.0/24}}
devices: {fw: {config: fw.conf}}
"""
POLICIES = """\
config firewall policy
    edit 1
        set srcaddr "all"
        set service "HTTPS"
    next
    edit 2
        set srcaddr "mail"
        set status disable
        set service "SMTP"
    next
end
"""
FIRST, SECOND = SourceSpan("fw.conf", 2, 5), SourceSpan("fw.conf", 6, 10)


def texts(folder: Path, config: str) -> Texts:
    folder.mkdir()
    (folder / "fw.conf").write_text(config)
    (folder / "zoneguard.yaml").write_text(PROJECT)
    return Texts(load_project(folder / "zoneguard.yaml"))


def test_a_line_that_stands_elsewhere_too_has_changed(tmp_path: Path) -> None:
    old = texts(tmp_path / "old", POLICIES)
    new = texts(tmp_path / "new", POLICIES.replace('"mail"', '"all"'))
    assert old.lacks(new, SECOND)
    assert new.lacks(old, SECOND)
    assert not old.lacks(new, FIRST)


def test_a_rule_that_lost_a_line_has_changed(tmp_path: Path) -> None:
    old = texts(tmp_path / "old", POLICIES)
    new = texts(tmp_path / "new", POLICIES.replace("        set status disable\n", ""))
    assert old.lacks(new, SourceSpan("fw.conf", 6, 9))
    assert not old.lacks(new, FIRST)


def test_counters_and_comments_are_no_change(tmp_path: Path) -> None:
    old = texts(tmp_path / "old", "# Monday\n[1:60] -A FORWARD -j ACCEPT\n")
    new = texts(tmp_path / "new", "# Tuesday\n[9:999] -A FORWARD -j ACCEPT\n")
    assert not old.lacks(new, SourceSpan("fw.conf", 1, 2))


LINES = st.lists(st.sampled_from("abcd"), max_size=12)


@given(LINES, LINES)
def test_without_what_differs_both_say_the_same(ours: list[str], theirs: list[str]) -> None:
    differs = set(_different(ours, theirs))
    back = list(_different(theirs, ours))
    same = [line for number, line in enumerate(theirs, 1) if number not in differs]
    assert len(same) <= min(len(ours), len(theirs))
    assert (ours == theirs) is (not differs and not back)
