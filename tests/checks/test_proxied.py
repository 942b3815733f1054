"""A session with a proxy is one to the host that the proxy was asked for."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

TO_PROXY = "{id: A1, from: mynumber, to: lgwan, services: [tcp/8080]}"
TO_HOST = "{id: A2, from: mynumber, to: 10.30.0.7, services: [tcp/443]}"
AGREED = b"HTTP/1.1 200 OK\r\n\r\n"


def connect(target: str) -> tuple[bytes, bytes]:
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode(), AGREED


def socks(host: str, port: int) -> tuple[bytes, bytes]:
    ask = b"\4\1" + port.to_bytes(2) + ip_address(host).packed + b"\0"
    return ask, b"\0\x5a" + bytes(6)


def said(root: Path, dialogue: tuple[bytes, bytes], *allow: str, client: str = "10.10.0.5") -> list[Verdict]:
    packets = session(client, "10.20.0.9", 8080, *dialogue)
    found = Town(root, allow=allow, captures={"lgwan": packets}).findings("ZG101")
    return [f.verdict for f in found if "proxy" in str(f.message)]


@pytest.mark.parametrize(
    ("dialogue", "verdicts"),
    [
        (connect("10.30.0.7:443"), [Verdict.VIOLATES]),
        (connect("198.51.100.7:443"), [Verdict.VIOLATES]),
        (connect("www.example.com:443"), [Verdict.UNDETERMINED]),
        (socks("10.30.0.7", 443), [Verdict.VIOLATES]),
        (connect("10.20.0.44:443"), []),
        ((b"GET / HTTP/1.1\r\nHost: 10.30.0.7\r\n\r\n", AGREED), []),
    ],
)
def test_where_an_allowed_session_with_a_proxy_leads_is_asked(
    tmp_path: Path, dialogue: tuple[bytes, bytes], verdicts: list[Verdict]
) -> None:
    assert said(tmp_path, dialogue, TO_PROXY) == verdicts


def test_a_row_for_the_host_itself_allows_the_way_by_the_proxy(tmp_path: Path) -> None:
    assert said(tmp_path, connect("10.30.0.7:443"), TO_PROXY, TO_HOST) == []
    assert said(tmp_path, connect("10.30.0.7:80"), TO_PROXY, TO_HOST) == [Verdict.VIOLATES]


def test_a_proxy_leads_nobody_into_the_my_number_zone(tmp_path: Path) -> None:
    row = "{id: A1, from: internet, to: lgwan, services: [tcp/8080]}"
    into = connect("10.10.0.5:445")
    assert said(tmp_path, into, row, client="10.30.0.5") == [Verdict.VIOLATES]
    assert said(tmp_path, connect("www.example.com:443"), row, client="10.30.0.5") == []


def test_a_session_that_no_row_allows_is_told_as_itself(tmp_path: Path) -> None:
    assert said(tmp_path, connect("10.30.0.7:443")) == []
