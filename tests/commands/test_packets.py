"""trace."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


CITY = Path(__file__).resolve().parents[2] / "topologies/alpha-city"
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
    assert "tcp 10.1.0.5 > 10.2.0.7:443" in out
    assert "with any source port, source MAC address" in out
    assert "delivered" in out
    assert "eth0 → eth1  delivers it" in out
    assert "gw.rules:5" in out
    assert (
        "tcp 10.1.0.5:1025 > 10.2.0.7:443"
        in zoneguard("trace", gateway, *HOSTS, "--dport", "443", "--sport", "1025")[1]
    )


def test_trace_in_japanese_words(zoneguard: Run, gateway: Path) -> None:
    out = zoneguard("trace", gateway, *HOSTS, "--dport", "443", "--lang", "ja")[1]
    assert "送信元ポート, 送信元MACアドレス は任意" in out
    assert "到達" in out
    assert "eth0 → eth1  届ける" in out
    assert "gw.rules:5  ルール" in out
    assert "gw.routes:1  経路" in out
    assert not re.search(r"\b(deliver|deny|route|rule|sport)\b", out)


def test_a_translation_shows_what_a_port_may_become(zoneguard: Run) -> None:
    asked = ("--from", "10.20.30.41", "--to", "10.30.50.20", "--dport", "8443")
    out = zoneguard("trace", CITY, *asked)[1]
    assert "source port any → 1-65535" in out
    assert "source 10.20.30.41 → 10.30.255.100-10.30.255.109" in out
    assert "port 0" not in out
    assert "source port 40000 → 1-65535" in zoneguard("trace", CITY, *asked, "--sport", "40000")[1]


def test_a_packet_that_may_come_in_at_several_places_is_followed_from_each(zoneguard: Run) -> None:
    asked = ("--from", "10.10.30.66", "--to", "10.20.30.41", "--dport", "445")
    broken = CITY.with_name("alpha-city-broken")
    out = zoneguard("trace", broken, *asked)[1]
    first, second = out.partition("the answer")[0].split("coming in by fw-core port3  delivered")
    assert "1. cs-gw/default" in first and "configs/cs-gw.rules:14" in first
    assert "1. fw-core/root" in second and "configs/fw-core.conf:693-704" in second
    assert "fw-core port3 から入る場合  到達" in zoneguard("trace", broken, *asked, "--lang", "ja")[1]


def test_json_says_which_fields_may_be_anything(zoneguard: Run, gateway: Path) -> None:
    asked = ("trace", gateway, *HOSTS, "--dport", "443", "--format", "json")
    shown = json.loads(zoneguard(*asked)[1])
    assert (shown["packet"], shown["any"]) == ("tcp 10.1.0.5 > 10.2.0.7:443", ["mac", "sport"])
    assert shown["answer"]["packet"] == "tcp 10.2.0.7:443 > 10.1.0.5"
    shown = json.loads(zoneguard(*asked, "--sport", "0")[1])
    assert (shown["packet"], shown["any"]) == ("tcp 10.1.0.5:0 > 10.2.0.7:443", ["mac"])


def test_the_answer_is_followed_too(zoneguard: Run, gateway: Path) -> None:
    """The gateway lets new sessions through and has no rule for what belongs to one."""
    asked = (*HOSTS, "--dport", "443", "--mac", "00:00:5e:00:53:01")
    status, out, _ = zoneguard("trace", gateway, *asked, "--format", "json")
    shown = json.loads(out)
    assert (status, shown["disposition"], shown["answer"]["disposition"]) == (0, "delivered", "denied")
    assert shown["answer"]["hops"][-1]["evidence"]["line"] == 3
    assert "the answer  tcp 10.2.0.7:443 > 10.1.0.5  denied" in zoneguard("trace", gateway, *asked)[1]
    assert "応答" in zoneguard("trace", gateway, *asked, "--lang", "ja")[1]


def test_the_hops_of_an_answer_that_arrives_are_shown(zoneguard: Run, gateway: Path) -> None:
    rules = gateway / "gw.rules"
    text = rules.read_text()
    rules.write_text(text.replace("COMMIT", "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT"))
    asked = (*HOSTS, "--dport", "443", "--mac", "00:00:5e:00:53:01")
    answer = zoneguard("trace", gateway, *asked)[1].partition("the answer")[2]
    assert "> 10.1.0.5  delivered" in answer
    assert "1. gw/default  eth1 → eth0  delivers it" in answer
    assert "gw.rules:8  rule" in answer


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
