"""A command line run in this process, and a project for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loading.test_project import GOOD
from tests.reports.sample import REPORT
from zoneguard import audit, console
from zoneguard.cli import cli
from zoneguard.model.findings import Report
from zoneguard.model.progress import Progress, Step
from zoneguard.model.project import Project
from zoneguard.model.text import N_

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zoneguard(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in this process: exit status, stdout, stderr."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*args: str | Path) -> tuple[int, str, str]:
        status = console.run(cli, [str(arg) for arg in args])
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return run


@pytest.fixture
def town(tmp_path: Path) -> Path:
    for name in ("fw.conf", "routes.txt", "a.pcap"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "zoneguard.yaml").write_text(GOOD)
    return tmp_path


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Project, frozenset[str]]]:
    """What the orchestrator was asked, answered by the sample report."""
    calls: list[tuple[Project, frozenset[str]]] = []

    def run(project: Project, halves: frozenset[str], progress: Progress, spoofed: bool, *_: object) -> Report:
        progress(Step(N_("checks"), 1, 2))
        calls.append((project, halves))
        return replace(REPORT, spoofed=spoofed)

    monkeypatch.setattr(audit, "run", run)
    return calls


RULES = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -i eth0 -o eth1 -s 10.1.0.0/24 -p tcp -m tcp --dport 443 -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -i eth0 -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A FORWARD -m mac --mac-source 00:00:5e:00:53:20 -j ACCEPT
COMMIT
"""
ROUTES = """\
10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.1
10.2.0.0/24 dev eth1 proto kernel scope link src 10.2.0.1
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A project of two zones behind one Linux gateway."""
    (tmp_path / "gw.rules").write_text(RULES)
    (tmp_path / "gw.routes").write_text(ROUTES)
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: []\nzones:\n  a: {class: lgwan, prefixes: 10.1.0.0/24}\n"
        "  b: {class: internet, prefixes: 10.2.0.0/24}\n"
        "devices:\n  gw: {config: gw.rules, routes: gw.routes}\n"
    )
    return tmp_path
