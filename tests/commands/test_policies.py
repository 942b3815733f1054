"""profiles, explain, schema, completion."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from zoneguard.checks import Check
from zoneguard.loading.profile import load_profile, shipped_profiles
from zoneguard.model.policy import Clause
from zoneguard.plugins import of_type
from zoneguard.reports._page import Page
from zoneguard.reports.views.policies import show_check, show_clause

PROFILES = [load_profile(name) for name in shipped_profiles()]
CHECKS = of_type("zoneguard.checks", Check)

Run = Callable[..., tuple[int, str, str]]


def test_profiles(zoneguard: Run) -> None:
    assert "mikasa" in zoneguard("profiles")[1]
    listed = zoneguard("profiles", "mikasa", "--lang", "en")[1]
    assert "24(1)前段  decided by network data" in listed
    assert "ZG101 The My Number zone is cut off from every other zone" in listed
    assert json.loads(zoneguard("profiles", "--format", "json")[1])["profiles"][2]["clauses"] == 95
    profile = json.loads(zoneguard("profiles", "mikasa", "--format", "json")[1])
    clause = next(c for c in profile["clauses"] if c["clause"] == "24(1)前段")
    assert (clause["class"], clause["zones"], clause["checks"]) == ("N", ["mynumber"], ["ZG101"])
    assert set(clause["title"]) == {"en", "ja"}
    assert all(c["decided_by"] and c["better_by"] for c in profile["clauses"])


def test_explain(zoneguard: Run) -> None:
    out = zoneguard("explain", "mikasa:24(1)")[1]
    assert "mikasa:24(1)前段" in out
    assert "mikasa:24(1)後段" in out
    assert zoneguard("explain", "exception-register")[1] == zoneguard("explain", "ZG105")[1]
    assert "人による証明" in zoneguard("explain", "24(3)", "--lang", "ja")[1]
    assert zoneguard("explain", "zg105")[1] == zoneguard("explain", "ZG105")[1]
    assert "ZG105:" not in zoneguard("explain", "ZG105", "--lang", "ja")[1], "the docstring's own first line"
    shown = json.loads(zoneguard("explain", "ZG105", "--format", "json")[1])
    assert shown["checks"][0]["documentation"][0].startswith("Each row names a purpose")
    assert "mikasa:131" in shown["checks"][0]["clauses"]


def test_a_clause_of_the_projects_own_policy_is_explained(
    zoneguard: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.yaml").write_text(
        "zoneguard-profile: 1\nname: own\ntitle: {en: Own, ja: 本市}\nclauses:\n"
        '  - {clause: "3-2", class: N, checks: [ZG101], severity: high, title: {en: Apart, ja: 分離}}\n',
        encoding="utf-8",
    )
    project = "zoneguard: 1\nprofile: [own.yaml]\nzones: {a: {class: lgwan, prefixes: 10.0.0.0/8}}\n"
    (tmp_path / "zoneguard.yaml").write_text(project)
    monkeypatch.chdir(tmp_path)
    assert "decided by    ZG101" in zoneguard("explain", "own:3-2")[1]
    (tmp_path / "zoneguard.yaml").write_text(project + "nonsense: 1\n")
    assert zoneguard("explain", "ZG101")[0] == 0
    assert zoneguard("explain", "own:3-2")[0] == 2


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        ("mynumber-isolatoin", "did you mean `mynumber-isolation`?"),
        ("ZG999", "checks are ZG101-ZG116, ZG121-ZG128, "),
        ("mikasa:99", "`zoneguard profiles mikasa` lists the clauses of that policy"),
        ("24(9)", "clauses are listed by `zoneguard profiles NAME`"),
    ],
)
def test_what_is_not_there_is_not_guessed_by_its_number(zoneguard: Run, subject: str, hint: str) -> None:
    status, out, err = zoneguard("explain", subject)
    assert (status, out) == (2, "")
    assert hint in err


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("clause", [c for p in PROFILES for c in p.clauses], ids=lambda clause: clause.id)
def test_a_clause_is_explained_to_a_person(clause: Clause, lang: str) -> None:
    """What is asked, how it is decided, what would decide it better; of each check why, the way out and an example."""
    page = Page(lang, terminal=False)
    show_clause(page, clause, CHECKS)
    text = " ".join(page.encode().decode().split())
    labels = ("kind", "decided by", "better by") if lang == "en" else ("区分", "決め手", "より確かに")
    assert all(label in text for label in labels)
    shown = {name.partition(":")[0] for name in clause.checks}
    assert all(f"{check.id} {check.name}" in text for check in CHECKS if check.id in shown)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_says_why_how_to_fix_it_and_what_it_finds(check: Check) -> None:
    assert check.why and check.fix
    signs = [line[:2] for line in check.example.split("\n")]
    assert "- " in signs and set(signs) <= {"- ", "+ "}
    page = Page("ja", terminal=False)
    show_check(page, check, PROFILES)
    text = page.encode().decode()
    assert check.documentation
    for part in (check.why, check.fix, check.wants, *check.documentation):
        assert part == "" or page.translate(part) != part, "said in Japanese, too"
    assert page.translate(check.documentation[-1])[-12:] in "".join(text.split("\n  "))
    assert check.example.partition("\n")[0][2:20] in text


def test_schema(zoneguard: Run) -> None:
    assert json.loads(zoneguard("schema")[1])["title"] == "ProjectFile"
    assert json.loads(zoneguard("schema", "profile")[1])["title"] == "ProfileFile"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(zoneguard: Run, shell: str) -> None:
    status, out, err = zoneguard("completion", shell)
    assert status == 0 and not err
    assert f"_ZONEGUARD_COMPLETE={shell}_complete" in out


def test_bash_completes_commands_options_and_choices(tmp_path: Path) -> None:
    (tmp_path / "zoneguard").write_text(f'#!/bin/sh\nexec {sys.executable} -m zoneguard "$@"\n')
    (tmp_path / "zoneguard").chmod(0o755)
    asked = (
        'eval "$(zoneguard completion bash)" && for typed in "tr" "trace --dp" "schema base"; do'
        " COMP_WORDS=(zoneguard $typed); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=();"
        ' _zoneguard_completion zoneguard; echo "${COMPREPLY[@]}"; done'
    )
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path}
    ran = subprocess.run(["bash", "-ec", asked], check=True, env=environment, capture_output=True, text=True)
    assert ran.stdout.splitlines() == ["trace", "--dport", "baseline"], ran.stderr
