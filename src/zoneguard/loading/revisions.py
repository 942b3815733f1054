"""A project as a git revision has it: the files themselves, nothing that the repository's settings would make of them.

The objects are read by ``git ls-tree`` and ``git cat-file``, which run no hook and no filter, and leave nothing out as
``git archive`` does where an attribute asks for it. Symbolic links and submodules are not followed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.text import N_

ENVIRONMENT = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
               "GIT_NO_REPLACE_OBJECTS": "1"}  # fmt: skip
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE",
             "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE")  # fmt: skip
"""What git tells its hooks of the repository in which they run; ours is the one that the project lies in."""
REGULAR = ("100644", "100755", "100664")
BLOCK = 1 << 20


class Checkout(NamedTuple):
    """``path``: the folder or file that was asked for; ``root``: the folder in which the whole tree was written."""

    path: Path
    root: Path


@contextmanager
def at_revision(revision: str, project: Path) -> Iterator[Checkout]:
    """The folder or file ``project`` as ``revision`` of its repository has it, while the context lasts.

    Errors about files in it name them as ``revision:path``. Raises ``InputError`` where there is no such revision or
    no repository.
    """
    folder = (project if project.is_dir() else project.parent).absolute()
    where = str(folder)
    try:
        top = Path(_git(folder, "rev-parse", "--show-toplevel"))
    except _GitError as error:
        said = N_("there is no such project, and no git repository in {folder} to have it as a revision ({reason})",
                  folder=where, reason=str(error))  # fmt: skip
        raise InputError(said, revision) from None
    try:
        commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except _GitError:
        said = N_("there is no such project, and no such revision in the git repository of {folder}", folder=where)
        raise InputError(said, revision) from None
    with tempfile.TemporaryDirectory(prefix="zoneguard-") as temporary:
        root = Path(temporary).resolve() / top.name
        root.mkdir()
        _write_tree(top, commit, root)
        try:
            yield Checkout(root / project.resolve().relative_to(top.resolve()), root)
        except InputErrors as errors:
            raise InputErrors(tuple(_renamed(e, root, revision) for e in errors.errors)) from errors
        except InputError as error:
            raise _renamed(error, root, revision) from error


def _renamed(error: InputError, root: Path, revision: str) -> InputError:
    path = Path(error.file)
    if not path.is_relative_to(root):
        return error
    return InputError(error.message, f"{revision}:{path.relative_to(root).as_posix()}", error.line, error.column)


class _GitError(Exception):
    """What git says where it refuses."""


def _git(folder: Path, *arguments: str) -> str:
    """One line of answer. Raises ``_GitError``, and ``InputError`` where git is not there."""
    try:
        done = subprocess.run(_command(folder, arguments), capture_output=True, env=_environment(), check=False)
    except FileNotFoundError:
        raise InputError(N_("git is needed to read a revision, and is not installed"), str(folder)) from None
    if done.returncode:
        raise _GitError(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OF_A_HOOK} | ENVIRONMENT


def _command(folder: Path, arguments: Sequence[str]) -> list[str]:
    return ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments]


def _write_tree(top: Path, commit: str, root: Path) -> None:
    """Every regular file of ``commit`` under ``root``."""
    listing = _git(top, "ls-tree", "-r", "-z", "--full-tree", commit)
    files = []
    for line in filter(None, listing.split("\0")):
        meta, _, name = line.partition("\t")
        mode, _, blob = meta.split(" ")
        if mode in REGULAR and _inside(name):
            files.append((blob, name))
    arguments = _command(top, ("cat-file", "--batch"))
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{blob}\n" for blob, _ in files).encode())
        asked.seek(0)
        with subprocess.Popen(arguments, stdin=asked, stdout=subprocess.PIPE, env=_environment()) as process:
            assert process.stdout is not None
            for _, name in files:
                _write_file(process.stdout, root / name, name)


def _write_file(stream: IO[bytes], path: Path, name: str) -> None:
    header = stream.readline().split()
    if len(header) != 3:
        raise InputError(N_("git cannot give this file: {reason}", reason=b" ".join(header).decode()), name)
    path.parent.mkdir(parents=True, exist_ok=True)
    left = int(header[2])
    with path.open("wb") as out:
        while left and (block := stream.read(min(left, BLOCK))):
            out.write(block)
            left -= len(block)
    stream.read(1)


def _inside(name: str) -> bool:
    """Whether the name stays in the folder in which it is written."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and ".git" not in path.parts
