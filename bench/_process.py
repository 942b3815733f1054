"""CPU seconds and peak memory of whole processes, the interpreter's start included."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def run(title: str, arguments: Sequence[str | Path], expected: Sequence[int] = (0,)) -> None:
    """Run ``zoneguard ARGUMENTS`` in a process of its own and print what it took; its report is thrown away."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(sys.executable, [sys.executable, "-m", "zoneguard", *map(str, arguments)])
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in expected:
        raise SystemExit(f"{title}: exit status {os.waitstatus_to_exitcode(status)}")
    seconds = usage.ru_utime + usage.ru_stime
    print(f"  {title:<52}{seconds:8.2f} s  peak {usage.ru_maxrss / 1024:6.0f} MB", flush=True)


def describe(path: Path) -> str:
    """Name, lines and the beginning of the SHA-256 of an input."""
    data = path.read_bytes()
    return f"{path.name}: {data.count(b'-A '):,} rules, sha256 {hashlib.sha256(data).hexdigest()[:16]}"
