"""ZG202: the display service, and a channel beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, attempt, session
from tests.inspection.protocols.test_rdp import confirm, initial, request, response
from zoneguard.model.policy import Verdict

ALLOW = ["{id: A1, from: lgwan, to: vdi, services: [tcp/8443]}"]


def test_the_display_service_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ALLOW, captures={"lgwan": session("10.20.0.5", "10.30.0.50", 8443)})
    assert not town.findings("ZG202")


def test_a_share_beside_the_screen_is_found(tmp_path: Path) -> None:
    packets = session("10.20.0.5", "10.30.0.50", 445) + attempt("10.20.0.5", "10.30.0.50", 9427)
    (found,) = Town(tmp_path, allow=ALLOW, captures={"lgwan": packets}).findings("ZG202")
    assert found.verdict is Verdict.VIOLATES
    assert ":445" in str(found.message)
    assert found.clauses == ("mikasa:2(12)", "mikasa:25柱書", "mikasa:25(2)")


def test_the_opposite_direction_is_found(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ALLOW, captures={"lgwan": session("10.30.0.50", "10.20.0.5", 8443)})
    assert town.findings("ZG202")


VNC = b"RFB 003.008\n"
SCREEN = b"\3\x20\2\x58" + bytes.fromhex("2018000100ff00ff00ff100800000000") + b"\0\0\0\1d"


def inside(tmp_path: Path, request: bytes, answer: bytes) -> list[tuple[Verdict, str]]:
    """What is said of a session on the declared display service."""
    packets = session("10.20.0.5", "10.30.0.50", 8443, request, answer)
    found = Town(tmp_path, allow=ALLOW, captures={"lgwan": packets}).findings("ZG202")
    assert all("mikasa:25(2)" in f.clauses and "mikasa:25柱書" not in f.clauses for f in found)
    return [(f.verdict, str(f.message)) for f in found]


def test_a_known_side_channel_is_named(tmp_path: Path) -> None:
    packets = session("10.20.0.5", "10.30.0.50", 9427) + session("10.20.0.5", "10.30.0.50", 7777)
    found = Town(tmp_path, allow=ALLOW, captures={"lgwan": packets}).findings("ZG202")
    assert {f.verdict for f in found} == {Verdict.VIOLATES}
    assert ["Horizon" in str(f.message) for f in found] == [False, True]


def test_a_clipboard_in_a_readable_session_is_found(tmp_path: Path) -> None:
    cut = b"\x06\0\0\0\0\0\0\5hello"
    ((verdict, message),) = inside(tmp_path, VNC + b"\1\1" + cut, VNC + b"\1\1\0\0\0\0")
    assert verdict is Verdict.VIOLATES
    assert "clipboard" in message
    assert not inside(tmp_path, VNC + b"\1\1", VNC + b"\1\1\0\0\0\0")


def test_a_channel_whose_use_cannot_be_seen_is_doubtful(tmp_path: Path) -> None:
    answer = confirm() + response(1004, 1005)
    for channel, said in ((b"rdpdr", Verdict.UNDETERMINED), (b"cliprdr", Verdict.VIOLATES)):
        ((verdict, message),) = inside(tmp_path, request() + initial(channel, b"rdpsnd") + b"?", answer)
        assert (verdict, "open-channel" in message) == (said, True)


X11 = b"l\0\x0b\0\0\0\0\0\0\0\0\0"
X11_ANSWER = b"\1\0\x0b\0\0\0" + bytes(30)


@pytest.mark.parametrize(
    ("request_", "answer", "found"),
    [
        (VNC + b"\1\1", VNC + b"\1\1\0\0\0\0" + SCREEN + b"\3\0\0\0\0\0\0\5hello", True),
        (VNC + b"\1\1", VNC + b"\1\1\0\0\0\0" + SCREEN + b"\2", False),
        (X11 + b"\x18\0\6\0" + bytes(20), X11_ANSWER, True),
        (X11, X11_ANSWER, False),
    ],
    ids=["vnc", "vnc-bell", "x11", "x11-only"],
)
def test_the_clipboard_of_the_far_end(tmp_path: Path, request_: bytes, answer: bytes, found: bool) -> None:
    said = inside(tmp_path, request_, answer)
    assert [(verdict, "clipboard" in message) for verdict, message in said] == [(Verdict.VIOLATES, True)] * found


@pytest.mark.parametrize(
    ("port", "name"), [(9427, "Horizon"), (32111, "Horizon"), (4172, "PCoIP"), (3389, "RDP"), (5900, "VNC")]
)
def test_channels_beside_the_screen_have_their_names(tmp_path: Path, port: int, name: str) -> None:
    packets = session("10.20.0.5", "10.30.0.50", port)
    (found,) = Town(tmp_path, allow=ALLOW, captures={"lgwan": packets}).findings("ZG202")
    assert (found.verdict, name in str(found.message)) == (Verdict.VIOLATES, True)


def test_a_file_on_the_display_service_is_found(tmp_path: Path) -> None:
    program = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(200)
    ((verdict, message),) = inside(tmp_path, len(program).to_bytes(4, "big"), program)
    assert (verdict, "by raw" in message) == (Verdict.VIOLATES, True)


def test_a_viewer_that_sends_more_than_it_is_shown_is_doubtful(tmp_path: Path) -> None:
    hello = b"\x16\x03\x01\x00\x05hello"
    one = session("10.20.0.5", "10.30.0.50", 8443, hello, hello)
    body = b"\x17\x03\x03\x3f\xfb" + bytes(0x3FFB)
    at, middle = 1 + len(hello), []
    for _ in range(70):
        data = one[3].copy()
        data["TCP"].seq = at
        data["TCP"].payload = type(one[3]["TCP"].payload)(body)
        at += len(body)
        middle.append(data)
    (finding,) = Town(tmp_path, allow=ALLOW, captures={"lgwan": [*one[:5], *middle]}).findings("ZG202")
    assert (finding.verdict, "not what a screen looks like" in str(finding.message)) == (Verdict.UNDETERMINED, True)


@pytest.mark.parametrize(("level", "rest", "open_"), [(0, b"", False), (2, b"", False), (0, b"?" * 3000, True)])
def test_a_session_of_which_not_all_can_be_followed_leaves_the_clause_open(
    tmp_path: Path, level: int, rest: bytes, open_: bool
) -> None:
    sent, got = request() + initial(b"rail") + rest, confirm() + response(1004, level=level)
    packets = session("10.20.0.5", "10.30.0.50", 8443, sent, got)
    report = Town(tmp_path, allow=ALLOW, captures={"lgwan": packets}).audit()
    (clause,) = (c for c in report.clauses if c.clause == "mikasa:25(2)")
    assert (clause.verdict is Verdict.UNDETERMINED) is open_
