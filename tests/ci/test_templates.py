"""The files that other repositories' CI uses, run as their runners run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CITY = ROOT / "topologies/alpha-city"
BROKEN = ROOT / "topologies/alpha-city-broken"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "ci/zoneguard.gitlab-ci.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Tester",
       "GIT_AUTHOR_EMAIL": "tester@example.jp", "GIT_COMMITTER_NAME": "Tester",
       "GIT_COMMITTER_EMAIL": "tester@example.jp"}  # fmt: skip


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner's folder for temporary files with zoneguard installed where the action puts it."""
    program = tmp_path / "runner/zoneguard/bin/zoneguard"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zoneguard "$@"\n')
    program.chmod(0o755)
    return tmp_path / "runner"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the clean municipality committed, and what breaks it in the working tree."""
    root = tmp_path / "repository"
    shutil.copytree(CITY, root / "city")
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "clean"]):
        subprocess.run(["git", "-C", str(root), *arguments], check=True, env=os.environ | GIT)
    shutil.copytree(BROKEN / "configs", root / "city/configs", dirs_exist_ok=True)
    return root


def run_step(name: str, runner: Path, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The step of the action, by the shell and with the environment that the documentation promises."""
    (step,) = (step for step in ACTION["runs"]["steps"] if step.get("name") == name)
    values = {key: str(entry["default"]) for key, entry in ACTION["inputs"].items()} | {
        key.replace("_", "-"): value for key, value in inputs.items()
    }
    env = {key: text.replace("${{ inputs.", "").replace(" }}", "") for key, text in step["env"].items()}
    env = {key: values[field] for key, field in env.items()}
    env |= {"RUNNER_TEMP": str(runner), "GITHUB_STEP_SUMMARY": str(runner / "summary"),
            "GITHUB_OUTPUT": str(runner / "output")}  # fmt: skip
    script = runner / "step.sh"
    script.write_text(step["run"])
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    return subprocess.run(
        bash, cwd=folder, env=os.environ | GIT | env, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_action_judges_annotates_and_keeps_reports(runner: Path) -> None:
    done = run_step("Judge", runner, ROOT, project=str(BROKEN.relative_to(ROOT)), command="verify", fail_on="critical")
    assert done.returncode == 1, done.stderr
    assert "::error" in done.stdout
    outputs = dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())
    assert json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "<html" in Path(outputs["html"]).read_text(encoding="utf-8")
    assert "zoneguard verify" in (runner / "summary").read_text(encoding="utf-8")


def test_the_action_passes_what_is_clean_and_accepted(runner: Path, tmp_path: Path) -> None:
    done = run_step("Judge", runner, ROOT, project=str(CITY), command="verify")
    assert done.returncode == 0, done.stderr
    program = runner / "zoneguard/bin/zoneguard"
    accepted = tmp_path / "accepted.yaml"
    words = ["--reason", "r", "--owner", "o", "--expires", "2027-03-31", "-o", str(accepted)]
    subprocess.run([str(program), "baseline", str(BROKEN), *words], check=True)
    done = run_step("Judge", runner, ROOT, project=str(BROKEN), command="verify", baseline=str(accepted))
    assert done.returncode == 0, done.stderr


def test_a_command_that_cannot_run_fails_the_job(runner: Path) -> None:
    done = run_step("Judge", runner, ROOT, project="nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_the_action_compares_revisions(runner: Path, repository: Path) -> None:
    done = run_step("Compare", runner, repository, project="city", compare_with="HEAD")
    assert done.returncode == 1, done.stderr
    done = run_step("Compare", runner, repository, project="city", compare_with="$(touch owned)")
    assert done.returncode == 2
    assert not (repository / "owned").exists()


def test_every_input_reaches_a_script_by_its_environment_only() -> None:
    """An expression inside a script would be shell text that whoever names a branch writes."""
    assert all("${{" not in step.get("run", "") for step in ACTION["runs"]["steps"])


def gitlab(job: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {key: str(value) for key, value in GITLAB["variables"].items()} | variables
    script = "\n".join(["set -eo pipefail", *GITLAB[job]["script"]])
    bash = ["bash", "-c", script]
    return subprocess.run(
        bash, cwd=folder, env=os.environ | GIT | env, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture
def installed(repository: Path, runner: Path) -> Path:
    """The repository with zoneguard installed where the GitLab template puts it."""
    (repository / ".zoneguard-venv").symlink_to(runner / "zoneguard")
    return repository


def test_the_gitlab_job_writes_what_it_declares_as_artifacts(installed: Path) -> None:
    done = gitlab("zoneguard", installed, ZONEGUARD_PROJECT="city", ZONEGUARD_COMMAND="verify")
    assert done.returncode == 1, done.stderr
    artifacts = GITLAB["zoneguard"]["artifacts"]
    found = json.loads((installed / artifacts["reports"]["codequality"]).read_text(encoding="utf-8"))
    assert {"description", "fingerprint", "location", "severity"} <= set(found[0])
    assert ET.parse(installed / artifacts["reports"]["junit"]).getroot().tag == "testsuites"
    assert all((installed / path).is_file() for path in artifacts["paths"])


def test_the_gitlab_job_compares_with_the_base_of_the_merge_request(installed: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--bare", str(installed), str(tmp_path / "origin")], check=True)
    subprocess.run(["git", "-C", str(installed), "remote", "add", "origin", str(tmp_path / "origin")], check=True)
    base = subprocess.run(
        ["git", "-C", str(installed), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    done = gitlab("zoneguard-diff", installed, ZONEGUARD_PROJECT="city", CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_the_hooks_refuse_what_breaks_the_policy(hook: dict[str, Any], repository: Path) -> None:
    command = [sys.executable, "-m", *hook["entry"].split(), *hook.get("args", [])]
    done = subprocess.run(command, cwd=repository / "city", env=os.environ | GIT, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    subprocess.run(["git", "-C", str(repository), "checkout", "-q", "--", "."], check=True, env=os.environ | GIT)
    assert subprocess.run(command, cwd=repository / "city", env=os.environ | GIT, check=False).returncode == 0
