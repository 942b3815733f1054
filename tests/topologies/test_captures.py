"""The captures hold what they claim, read back with scapy and the standard library alone."""

from __future__ import annotations

import email
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

from tests.topologies.readback import Session, fits, frames, outside, rows_of, sessions, zone
from zoneguard.loading.project import load_project

ROOT = Path(__file__).parents[2]
TWINS = ("alpha-city", "alpha-city-broken")
both = pytest.mark.parametrize("twin", TWINS)


def mails(twin: str, name: str) -> Iterator[tuple[Session, list[int], Any]]:
    """Each mail of a capture with the frames that carry it."""
    for session in sessions(twin):
        if session.capture != name or session.server[1] != 25:
            continue
        text, spans = b"", []
        for _, number, payload in sorted(session.sent):
            spans.append((len(text), len(text) + len(payload), number))
            text += payload
        message = re.search(rb"DATA\r\n(.*?)\r\n\.\r\n", text, re.S)
        assert message is not None
        carrying = [n for start, end, n in spans if start < message.end(1) and end > message.start(1)]
        yield session, carrying, email.message_from_bytes(message.group(1))


def expected_frames(check: str, number: int) -> list[list[str]]:
    path = ROOT / "topologies/alpha-city-broken/expected.yaml"
    findings = yaml.safe_load(path.read_text(encoding="utf-8"))["findings"]
    return [
        [e.removeprefix("captures/") for e in f["evidence"]]
        for f in findings
        if (f["check"], f["n"]) == (check, number)
    ]


def test_every_run_makes_the_same_bytes_and_they_are_the_shipped_ones(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "captures.alpha_city", str(tmp_path)], check=True, cwd=ROOT)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.pcap"))
    assert len(made) == 10
    for path in made:
        assert (tmp_path / path).read_bytes() == (ROOT / "topologies" / path).read_bytes(), path
    assert sum((tmp_path / path).stat().st_size for path in made) < 300_000


@both
def test_every_service_of_every_allowance_and_exception_is_used(twin: str) -> None:
    project = load_project(ROOT / "topologies" / twin)
    for row in rows_of(project):
        used = {text for session in sessions(twin) if session.answered for text in fits(row, session)}
        assert used == {service.text for service in row.services}, row.id


@both
def test_exceptions_are_used_with_the_registered_mac(twin: str) -> None:
    project = load_project(ROOT / "topologies" / twin)
    for row in project.exceptions:
        seen = {mac for session in sessions(twin) if fits(row, session) for mac in session.macs}
        assert {int(mac.replace(":", ""), 16) for mac in seen} == set(row.macs)


@both
def test_tcp_sessions_begin_with_a_handshake_and_end_with_fin_from_both_sides(twin: str) -> None:
    for session in sessions(twin):
        if session.proto == "tcp" and session.answered:
            assert session.flags[:3] == ["S", "SA", "A"]
            assert session.flags[-3:] == ["FA", "FA", "A"]


def test_nothing_is_answered_outside_the_allowances_in_the_clean_captures() -> None:
    assert outside("alpha-city") == []


def test_the_broken_captures_add_the_four_planted_sessions_and_no_other() -> None:
    places = {f"{s.capture}#{s.first}" for s in outside("alpha-city-broken")}
    assert places == {
        *(p for check in ("ZG202", "ZG301") for e in expected_frames(check, 9) for p in e),
        *(p for check in ("ZG101", "ZG205", "ZG301") for e in expected_frames(check, 10) for p in e),
    }
    assert len(places) == 4


@both
def test_a_dropped_syn_is_there_and_stays_without_an_answer(twin: str) -> None:
    (dropped,) = [s for s in sessions(twin) if s.proto == "tcp" and not s.answered]
    assert dropped.flags == ["S", "S", "S"]
    assert (dropped.client[0], dropped.server) == ("10.20.30.41", ("10.30.30.21", 445))


def test_the_text_gateway_lets_only_text_through_in_the_clean_capture() -> None:
    types = [part.get_content_type() for _, _, mail in mails("alpha-city", "san-lg.pcap") for part in mail.walk()]
    assert types == ["text/plain", "text/plain"]


@both
def test_the_mail_that_enters_the_gateway_has_the_macro(twin: str) -> None:
    ((_, carrying, mail),) = mails(twin, "in-edge.pcap")
    assert mail.get_content_type() == "multipart/mixed"
    assert carrying[0] == 64


def test_the_macro_reaches_the_lgwan_leg_of_the_broken_twin() -> None:
    _, (_, carrying, mail) = mails("alpha-city-broken", "san-lg.pcap")
    path = ROOT / "topologies/alpha-city-broken/expected.yaml"
    finding = next(f for f in yaml.safe_load(path.read_text(encoding="utf-8"))["findings"] if f["check"] == "ZG201")
    text, document = mail.get_payload()
    assert text.get_content_type() == "text/plain"
    data = document.get_payload(decode=True)
    assert document.get_filename() == finding["attachment"]["name"]
    assert (len(data), hashlib.sha256(data).hexdigest()) == (
        finding["attachment"]["size"],
        finding["attachment"]["sha256"],
    )
    assert finding["evidence"] == [f"captures/san-lg.pcap#{number}" for number in carrying]
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        assert package.read(finding["attachment"]["macro"]).startswith(bytes.fromhex("d0cf11e0a1b11ae1"))


def addresses_of(twin: str, mac: str) -> dict[str, dict[str, int]]:
    """For each capture, the IP addresses from which ``mac`` sends and the first frame of each."""
    out: dict[str, dict[str, int]] = {}
    for capture in load_project(ROOT / "topologies" / twin).captures:
        for number, frame in enumerate(frames(twin, capture.path.name), 1):
            if IP in frame and frame[Ether].src == mac:
                out.setdefault(capture.path.name, {}).setdefault(frame[IP].src, number)
    return out


def test_one_device_is_in_two_zones_in_the_broken_twin_only() -> None:
    mac = "00:00:5e:00:53:66"
    assert addresses_of("alpha-city", mac) == {"mn-edge.pcap": {"10.10.30.66": 11}}
    broken = addresses_of("alpha-city-broken", mac)
    assert broken == {"mn-edge.pcap": {"10.10.30.66": 11}, "in-edge.pcap": {"10.30.30.66": 118}}
    (evidence,) = expected_frames("ZG204", 10)
    assert evidence == [f"{name}#{number}" for name, seen in broken.items() for number in seen.values()]


@both
def test_the_only_other_mac_of_two_zones_forwards_for_foreign_addresses(twin: str) -> None:
    project = load_project(ROOT / "topologies" / twin)
    switch = addresses_of(twin, "00:00:5e:00:53:fe")
    seen = {zone(project, address) for addresses in switch.values() for address in addresses}
    assert {"mynumber", "lgwan", "internet"} <= seen
    assert any(len({zone(project, a) for a in addresses}) > 1 for addresses in switch.values())
