"""trace."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


HOSTS = ("--from", "10.1.0.5", "--to", "10.2.0.7")


@pytest.mark.parametrize(
    ("options", "status", "disposition", "line"),
    [
        (["--dport", "443", "--mac", "00:00:5e:00:53:01"], 0, "delivered", 5),
        (["--dport", "80", "--mac", "00:00:5e:00:53:01"], 0, "denied", 3),
        (["--dport", "80", "--mac", "00:00:5e:00:53:20"], 0, "delivered", 7),
        (["--proto", "icmp", "--mac", "00:00:5e:00:53:01"], 0, "delivered", 6),
        (["--proto", "icmp", "--icmp", "13", "--mac", "00:00:5e:00:53:01"], 0, "denied", 3),
        (["--dport", "80"], 3, "undetermined", 7),
        (["--dport", "80", "--allow-undetermined"], 0, "undetermined", 7),
    ],
)
def test_trace(zoneguard: Run, gateway: Path, options: list[str], status: int, disposition: str, line: int) -> None:
    got, out, err = zoneguard("trace", gateway, *HOSTS, *options, "--format", "json")
    assert (got, err) == (status, "")
    shown = json.loads(out)
    assert shown["disposition"] == disposition
    if disposition != "undetermined":
        assert shown["hops"][-1]["evidence"]["line"] == line


def test_trace_in_words(zoneguard: Run, gateway: Path) -> None:
    out = zoneguard("trace", gateway, *HOSTS, "--dport", "443")[1]
    assert "tcp 10.1.0.5:0 > 10.2.0.7:443" in out
    assert "with any mac, sport" in out
    assert "delivered" in out
    assert "eth0 → eth1" in out
    assert "gw.rules:5" in out
    assert "到達" in zoneguard("trace", gateway, *HOSTS, "--dport", "443", "--lang", "ja")[1]


def test_the_answer_is_followed_too(zoneguard: Run, gateway: Path) -> None:
    """The gateway lets new sessions through and has no rule for what belongs to one."""
    asked = (*HOSTS, "--dport", "443", "--mac", "00:00:5e:00:53:01")
    status, out, _ = zoneguard("trace", gateway, *asked, "--format", "json")
    shown = json.loads(out)
    assert (status, shown["disposition"], shown["answer"]["disposition"]) == (0, "delivered", "denied")
    assert shown["answer"]["hops"][-1]["evidence"]["line"] == 3
    assert "the answer  tcp 10.2.0.7:443 > 10.1.0.5:0  denied" in zoneguard("trace", gateway, *asked)[1]
    assert "応答" in zoneguard("trace", gateway, *asked, "--lang", "ja")[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (HOSTS, "tcp needs --dport"),
        ((*HOSTS, "--proto", "gre", "--dport", "1"), "gre has no ports"),
        ((*HOSTS, "--dport", "1", "--icmp", "8"), "tcp has no ICMP type"),
        ((*HOSTS, "--proto", "tpc", "--dport", "1"), "did you mean `tcp`?"),
        ((*HOSTS, "--dport", "1", "--mac", "x"), "is no MAC address"),
        (("--from", "here", "--to", "10.2.0.7", "--dport", "1"), "not an address"),
        (("--from", "10.1.0.5", "--to", "2001:db8::1", "--dport", "1"), "one address is IPv4, the other IPv6"),
    ],
)
def test_trace_of_no_packet(zoneguard: Run, gateway: Path, options: tuple[str, ...], said: str) -> None:
    status, out, err = zoneguard("trace", gateway, *options)
    assert (status, out) == (2, "")
    assert said in err
