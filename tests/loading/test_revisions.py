"""A project as a git revision has it, by a real git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from zoneguard.loading.revisions import at_revision
from zoneguard.model.errors import InputError
from zoneguard.model.text import N_

Git = Callable[..., str]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """An empty repository in ``tmp_path / "city"``, and a function that runs git there."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Tester")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "tester@example.jp")
    (tmp_path / "city").mkdir()

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tmp_path / "city"), *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    git("init", "--quiet", "--initial-branch=main")
    return git


def commit(git: Git, root: Path, **files: bytes) -> None:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    git("add", "--all")
    git("commit", "--quiet", "--message", "state")


def test_the_files_are_those_of_the_revision_byte_by_byte(repository: Git, tmp_path: Path) -> None:
    root = tmp_path / "city"
    commit(repository, root, a_txt=b"one\r\n", sub__b_txt=b"\x83\x65\n", sub__empty_txt=b"")
    commit(repository, root, a_txt=b"two\n")
    for revision, content in (("HEAD~1", b"one\r\n"), ("main", b"two\n")):
        with at_revision(revision, root) as (found, _):
            assert found.name == "city"
            assert (found / "a.txt").read_bytes() == content
            assert (found / "sub/b.txt").read_bytes() == b"\x83\x65\n"
            assert (found / "sub/empty.txt").read_bytes() == b""
    assert not found.exists()


def test_attributes_and_hooks_change_nothing(repository: Git, tmp_path: Path) -> None:
    root = tmp_path / "city"
    attributes = b"a.txt export-ignore\nb.txt export-subst filter=bad\nc.txt text eol=crlf\n"
    commit(repository, root, a_txt=b"kept\n", b_txt=b"$Format:%H$\n", c_txt=b"x\n", _gitattributes=attributes)
    repository("config", "filter.bad.smudge", f"touch {tmp_path / 'ran'}")
    hook = root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    with at_revision("HEAD", root) as (found, _):
        assert [(found / f"{name}.txt").read_bytes() for name in "abc"] == [b"kept\n", b"$Format:%H$\n", b"x\n"]
    assert not (tmp_path / "ran").exists()


def test_links_are_not_followed(repository: Git, tmp_path: Path) -> None:
    root = tmp_path / "city"
    (tmp_path / "secret").write_text("not of the repository")
    root.joinpath("fw.conf").symlink_to(tmp_path / "secret")
    commit(repository, root, a_txt=b"x")
    with at_revision("HEAD", root) as (found, _):
        assert [path.name for path in found.iterdir()] == ["a.txt"]


def test_an_error_names_the_revision_and_not_where_it_was_written(repository: Git, tmp_path: Path) -> None:
    root = tmp_path / "city"
    commit(repository, root, a_txt=b"x")
    with pytest.raises(InputError) as caught, at_revision("main", root) as (found, _):
        raise InputError(N_("wrong"), str(found / "sub/a.txt"), 3)
    assert caught.value.where == "main:sub/a.txt:3"


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD:a.txt", ""])
def test_what_is_no_revision_is_refused(repository: Git, tmp_path: Path, revision: str) -> None:
    commit(repository, tmp_path / "city", a_txt=b"x")
    with pytest.raises(InputError) as caught, at_revision(revision, tmp_path / "city"):
        pass
    assert caught.value.file == revision
    assert f"no such revision in the git repository of {tmp_path / 'city'}" in str(caught.value)


def test_a_folder_without_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError) as caught, at_revision("main", tmp_path):
        pass
    assert f"main: there is no such project, and no git repository in {tmp_path}" in str(caught.value)
    assert "not a git repository" in str(caught.value)
