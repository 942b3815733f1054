"""A small organisation of network namespaces in which real servers and clients talk, tcpdump captures, and zoneguard
judges what it captured.

``Estate`` is a router between a host of the LGWAN zone, one of the Internet zone, and one that sanitizes with a leg
towards each. Whatever it starts lives in a PID namespace of its own that the kernel ends with this process, so that
nothing survives a test that is interrupted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.oracle.netns import ETH_P_ALL, Box, Lab, inside, unavailable
from zoneguard.audit.running import DYNAMIC, Looking, run
from zoneguard.dynamic import cores
from zoneguard.loading.project import load_project
from zoneguard.model.findings import ClauseResult, Finding, Report
from zoneguard.model.policy import Verdict

LG, IN, SAN, CORE = "lg", "in", "san", "core"
LG_HOST, IN_HOST, IN_SCREEN = "10.20.0.5", "10.30.0.5", "10.30.0.6"
LG_HOST_V6, IN_HOST_V6 = "fd20::5", "fd30::5"
TEXT_IN, TEXT_LG = "10.40.0.10", "10.40.1.10"
FILE_IN, FILE_LG = "10.40.0.20", "10.40.1.20"
BOXES = {
    CORE: Box(
        {
            LG: ("10.20.0.1/16", "fd20::1/64"),
            IN: ("10.30.0.1/16", "fd30::1/64"),
            "san-in": ("10.40.0.1/24",),
            "san-lg": ("10.40.1.1/24",),
        }
    ),
    LG: Box({"eth0": (f"{LG_HOST}/16", f"{LG_HOST_V6}/64")}, ("default via 10.20.0.1", "default via fd20::1")),
    IN: Box(
        {"eth0": (f"{IN_HOST}/16", f"{IN_SCREEN}/16", f"{IN_HOST_V6}/64")},
        ("default via 10.30.0.1", "default via fd30::1"),
    ),
    SAN: Box(
        {"eth0": (f"{FILE_IN}/24", f"{TEXT_IN}/24"), "eth1": (f"{FILE_LG}/24", f"{TEXT_LG}/24")},
        ("10.20.0.0/16 via 10.40.1.1", "10.30.0.0/16 via 10.40.0.1"),
    ),
}
JOINS = (
    ((CORE, LG), (LG, "eth0")),
    ((CORE, IN), (IN, "eth0")),
    ((CORE, "san-in"), (SAN, "eth0")),
    ((CORE, "san-lg"), (SAN, "eth1")),
)
PROJECT = f"""\
zoneguard: 1
profile: [mikasa]
zones:
  lgwan:    {{class: lgwan,     prefixes: [10.20.0.0/16, "fd20::/64"]}}
  internet: {{class: internet,  prefixes: [10.30.0.0/16, "fd30::/64"]}}
  dmz-san:  {{class: sanitizer, prefixes: [10.40.0.0/24, 10.40.1.0/24]}}
  world:    {{class: public,    prefixes: [0.0.0.0/0, "::/0"]}}
hosts:
  text-gw:  {{addresses: [{TEXT_IN}, {TEXT_LG}]}}
  file-san: {{addresses: [{FILE_IN}, {FILE_LG}]}}
  screens:  {{addresses: [{IN_SCREEN}]}}
sanitizers:
  mail:   {{method: mail-text, hosts: [text-gw]}}
  file:   {{method: file, hosts: [file-san]}}
  screen: {{method: screen-transfer, hosts: [screens], display: [tcp/3389, tcp/5900]}}
allow:
  - {{id: A1, from: internet, to: text-gw,  services: [tcp/25], purpose: mail in}}
  - {{id: A2, from: text-gw,  to: lgwan,    services: [tcp/25], purpose: text on}}
  - {{id: A3, from: internet, to: file-san, services: [any], purpose: files in}}
  - {{id: A4, from: lgwan,    to: file-san, services: [any], purpose: files on}}
  - {{id: A5, from: file-san, to: lgwan,    services: [any], purpose: files on}}
  - {{id: A6, from: lgwan,    to: screens,  services: [tcp/3389, tcp/5900], purpose: screens}}
captures:
"""
UNTIL_DEATH = ("setpriv", "--pdeathsig", "KILL")
ALONE = (
    *UNTIL_DEATH,
    *("unshare", "--fork", "--pid", "--mount-proc", "--kill-child"),
    *("sh", "-c", 'mount -t tmpfs none /run; mkdir /run/sshd /run/xrdp; "$@"; exit $?', "sh"),
)
"""The shell is process 1 of the namespace, to whose death the kernel ties all the others; servers are its children, and
have a ``/run`` of their own."""
PATIENCE = 30
FOLDERS = "zg-peers-"
SNAPPED = "2048"
"""Octets of a frame that are kept, more than any has: the fewer, the more frames fit tcpdump's buffer."""
MARK = b"\x00\x01\x08\x00\x06\x04\x00\x01" + bytes(20) + b"zoneguard: all was captured"
"""An ARP question of nobody that says in its padding that a capture has caught up."""
Running = subprocess.Popen[bytes]
Transfer = dict[str, Any]


def missing(*tools: str) -> str:
    """Why real peers cannot be had here, or ``""``; ``tools`` are programs beside those that every estate needs."""
    if reason := unavailable("tcpdump", "setpriv", "unshare", *tools):
        return reason
    tried = subprocess.run((*ALONE, "true"), capture_output=True, text=True, check=False)
    return f"cannot make a PID namespace: {tried.stderr.strip()}" if tried.returncode else ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What zoneguard says of the captures: the report, and every transfer as the manifest of its evidence has it."""

    report: Report
    transfers: list[Transfer]

    def found(self, check: str) -> list[Finding]:
        """The findings of one check."""
        return [finding for finding in self.report.findings if finding.check == check]

    def verdicts(self, check: str) -> set[Verdict]:
        """The verdicts of the findings of one check."""
        return {finding.verdict for finding in self.found(check)}

    def clause(self, number: str) -> ClauseResult:
        """What is said of one clause of the policy."""
        (result,) = (c for c in self.report.clauses if c.clause == f"mikasa:{number}")
        return result

    def of(self, **wanted: object) -> list[Transfer]:
        """The transfers of which these entries of the manifest are so."""
        return [t for t in self.transfers if all(t[key] == value for key, value in wanted.items())]


def unworkable(why: str) -> NoReturn:
    """Skip the test: the peers themselves do not do here what they are to do, and zoneguard was not asked yet."""
    pytest.skip(why)


class Estate:
    """The namespaces and what runs in them. ``home``: a folder that every user of the system can read."""

    def __init__(self, lab: Lab, home: Path) -> None:
        self.home = home
        self._lab = lab
        self._running: list[Running] = []

    def start(self, box: str, *command: str | Path, ready: Callable[[], bool], **environment: str) -> Running:
        """Run a program until it is ended, or the estate is; return when it is ``ready``.

        Skips the test, with its last words, where it ends or is not ready after half a minute.
        """
        said = self.home / f"{len(self._running)}.{Path(command[0]).name}.log"
        with inside(self._lab.namespace(box)), said.open("wb") as log:
            process = subprocess.Popen(
                (*ALONE, *map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env=_environment(environment),
            )
        self._running.append(process)
        if not _soon(lambda: ready() or process.poll() is not None) or process.poll() is not None:
            unworkable(f"{command[0]} does not work here: {said.read_text(errors='replace')[-2000:]}")
        return process

    def end(self, process: Running) -> None:
        """End a program that was started."""
        process.kill()
        process.wait()

    def listens(self, box: str, port: int, address: str = "127.0.0.1") -> Callable[[], bool]:
        """Whether a server in the box takes connections, asked from inside the box."""

        def asked() -> bool:
            with inside(self._lab.namespace(box)), socket.socket() as asking:
                return asking.connect_ex((address, port)) == 0

        return asked

    def shows(self, box: str, table: str, text: str) -> Callable[[], bool]:
        """Whether a table of the box's sockets (``udp``, ``unix``) holds this."""

        def asked() -> bool:
            with inside(self._lab.namespace(box)):
                return text in Path("/proc/thread-self/net", table).read_text()

        return asked

    def run(self, box: str, *command: str | Path, stdin: bytes = b"", succeeds: bool = True, **environment: str) -> str:
        """Run a client in the box to its end; what it said. Skips the test where it fails and should not."""
        with inside(self._lab.namespace(box)):
            done = subprocess.run(
                (*ALONE, *map(str, command)),
                input=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env=_environment(environment),
                timeout=PATIENCE,
                check=False,
            )
        said = done.stdout.decode(errors="replace")
        if succeeds and done.returncode:
            unworkable(f"{command[0]} ends with {done.returncode}: {said[-2000:]}")
        return said

    def wait(self, happens: Callable[[], bool]) -> None:
        """Wait until it happens. Skips the test, with the words of all servers, after half a minute."""
        if not _soon(happens):
            said = (f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in self.home.glob("*.log"))
            unworkable("\n".join(("what was waited for does not happen", *said)))

    @contextmanager
    def within(self, box: str) -> Iterator[None]:
        """Let this process's own sockets, such as those of ``smtplib``, be made in the box."""
        with inside(self._lab.namespace(box)):
            yield

    @contextmanager
    def captured(self, *interfaces: str) -> Iterator[None]:
        """Capture what passes on these interfaces of the router."""
        with self.within(CORE):
            captures = [_Capture(self.home / f"{name}.pcap", name) for name in interfaces]
        try:
            yield
            for capture in captures:
                capture.catch_up()
        finally:
            for capture in captures:
                capture.end()

    def judged(self) -> Judged:
        """What zoneguard says of everything that was captured, with each core that is installed the same."""
        lines = (f"  - {{path: {p.name}, point: {{zone: {_zone(p.stem)}}}}}\n" for p in self.home.glob("*.pcap"))
        (self.home / "zoneguard.yaml").write_text(PROJECT + "".join(lines))
        first, *others = [self._judged_by(core) for core in (cores.NUMPY, cores.compiled()) if core]
        for other in others:
            assert other.transfers == first.transfers
            assert other.report.findings == first.report.findings
            assert other.report.clauses == first.report.clauses
        return first

    def _judged_by(self, core: cores.Core) -> Judged:
        evidence = self.home / f"evidence-{core.name}"
        project = load_project(self.home / "zoneguard.yaml")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("zoneguard.dynamic.surveying.best", lambda: core)
            report = run(project, frozenset({DYNAMIC}), looking=Looking(extract=evidence))
        assert {account.core for account in report.captures} <= {core.name}
        return Judged(report, json.loads((evidence / "manifest.json").read_text())["transfers"])

    def close(self) -> None:
        """End everything that was started."""
        for process in reversed(self._running):
            self.end(process)


@contextmanager
def estate() -> Iterator[Estate]:
    """The estate; its processes, namespaces and files are gone at the end."""
    _sweep()
    home = Path(tempfile.mkdtemp(prefix=f"{FOLDERS}{os.getpid()}-"))
    home.chmod(0o755)
    try:
        with Lab(BOXES, JOINS) as lab:
            for box, made in BOXES.items():
                for name in made.interfaces:
                    lab.run(box, "ip", "link", "set", name, "gso_max_segs", "1")  # frames as on a real wire
                lab.run(box, "ip", "link", "set", "lo", "up")
            opened = Estate(lab, home)
            try:
                yield opened
            finally:
                opened.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _sweep() -> None:
    """Remove what estates of processes that are no more have left behind."""
    for left in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*-*"):
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)


class _Capture:
    """tcpdump on one interface of the namespace in which this thread is."""

    def __init__(self, path: Path, interface: str) -> None:
        self._path = path
        options = ("-i", interface, "-w", path, "-U", "--immediate-mode", "-s", SNAPPED, "-B", "65536", "-Z", "root")
        self._said = path.with_suffix(".log")
        with self._said.open("wb") as log:
            self._process = subprocess.Popen((*UNTIL_DEATH, "tcpdump", *options), stderr=log)
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._wire.bind((interface, 0))
        if not _soon(lambda: b"listening" in self._said.read_bytes()):
            self.end()
            unworkable(f"tcpdump does not work here: {self._said.read_text()}")

    def catch_up(self) -> None:
        """Wait until tcpdump has written what passed so far."""
        self._wire.send(b"\xff" * 6 + bytes(6) + b"\x08\x06" + MARK)
        if not _soon(lambda: MARK in self._path.read_bytes()):
            unworkable("tcpdump does not write what it captures")

    def end(self) -> None:
        """End tcpdump. Skips the test where it has missed frames."""
        self._wire.close()
        self._process.terminate()
        self._process.wait()
        missed = re.search(r"([1-9]\d*) packets? dropped by kernel", self._said.read_text())
        if missed:
            unworkable(f"tcpdump missed {missed[1]} frames: this machine is too slow for this test")


def _soon(happens: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _zone(interface: str) -> str:
    return {LG: "lgwan", IN: "internet"}[interface]


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **more}
