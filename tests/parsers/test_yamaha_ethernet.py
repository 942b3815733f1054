"""Ethernet filters: MAC addresses on the way in, what the DHCP server reserved, and what stays open."""

from __future__ import annotations

import pytest

from tests.parsers.yamaha_run import device, packet, read, verdict
from zoneguard.model.device import Concern

BASE = """
ip lan1 address 192.168.0.1/24
ip lan2 address 203.0.113.2/28
dhcp scope 1 192.168.0.10-192.168.0.19/24
dhcp scope bind 1 192.168.0.10 00:00:5e:00:53:10
dhcp scope bind 1 192.168.0.11 ethernet 00:00:5e:00:53:11
dhcp scope bind 1 192.168.0.12 01 00 00 5e 00 53 12
ethernet filter 100 pass-nolog *:*:*:*:*:* *:*:*:*:*:*
ethernet filter 99 reject-log *
"""


def asked(rules: str, mac: int, src: str = "192.168.0.10", direction: str = "in") -> str:
    found = device(f"{BASE}{rules}")
    sent = packet(src, "198.51.100.7", mac=mac) if direction == "in" else packet("198.51.100.7", src, mac=mac)
    return verdict(found, sent, "lan1" if direction == "in" else "lan2", "lan2" if direction == "in" else "lan1")


@pytest.mark.parametrize(
    ("rule", "mac", "expected"),
    [
        ("reject-nolog 00:00:5e:00:53:20", 0x00005E005320, "drop"),
        ("reject-nolog 00:00:5e:00:53:20", 0x00005E005321, "pass"),
        ("reject 00:00:5e:*:*:* *", 0x00005EFFFFFF, "drop"),
        ("reject 00:00:5e:*:*:* *", 0x00005FFFFFFF, "pass"),
        ("reject * 00:00:5e:00:53:20", 0x00005E005320, "may"),  # the destination's MAC is not in the model
        ("reject 00:00:5e:00:53:20 * 12 08,00", 0x00005E005320, "may"),
        ("reject 00:00:5e:00:53:20 * 12 08,00", 0x00005E005321, "pass"),
    ],
)
def test_mac_addresses(rule: str, mac: int, expected: str) -> None:
    assert asked(f"ethernet filter 1 {rule}\nethernet lan1 filter in 1 100", mac) == expected


def test_on_the_way_out_the_source_is_the_router() -> None:
    rules = "ethernet filter 1 reject-nolog {} *\nethernet lan1 filter out 1 100"
    assert asked(rules.format("00:00:5e:00:53:20"), 0x00005E005320, direction="out") == "may"
    assert asked(rules.format("*"), 0x00005E005320, direction="out") == "drop"


def test_what_no_filter_matches_is_open() -> None:
    rules = "ethernet filter 1 pass-nolog 00:00:5e:00:53:20\nethernet lan1 filter in 1"
    assert asked(rules, 0x00005E005320) == "pass"
    assert asked(rules, 0x00005E005321) == "may"
    assert asked(f"{rules} 99", 0x00005E005321) == "drop"


@pytest.mark.parametrize(
    ("src", "mac", "expected"),
    [
        ("192.168.0.10", 0x00005E005310, "pass"),
        ("192.168.0.10", 0x00005E005311, "drop"),
        ("192.168.0.11", 0x00005E005311, "pass"),
        ("192.168.0.15", 0x00005E005310, "drop"),
    ],
)
def test_reserved_leases(src: str, mac: int, expected: str) -> None:
    rules = "ethernet filter 1 pass-nolog dhcp-bind 1\nethernet lan1 filter in 1 99"
    assert asked(rules, mac, src) == expected


@pytest.mark.parametrize(
    ("src", "mac", "expected"),
    [
        ("192.168.0.15", 0x00005E005399, "drop"),
        ("192.168.0.15", 0x00005E005310, "pass"),
        ("192.168.0.99", 0x00005E005399, "pass"),
    ],
)
def test_leases_that_are_not_reserved(src: str, mac: int, expected: str) -> None:
    rules = "ethernet filter 1 reject-nolog dhcp-not-bind\nethernet lan1 filter in 1 100"
    assert asked(rules, mac, src) == expected


def test_reserved_leases_that_are_let_in_bind_addresses() -> None:
    found = device(f"{BASE}ethernet filter 1 pass-nolog dhcp-bind 1\nethernet lan1 filter in 1 99")
    assert [(b.address & 255, b.mac, b.interface, b.span.first) for b in found.mac_bindings] == [
        (10, 0x00005E005310, "lan1", 4),
        (11, 0x00005E005311, "lan1", 5),
    ]


def test_a_scope_not_in_the_file_is_open() -> None:
    rules = "ethernet filter 1 pass-nolog dhcp-bind 7\nethernet lan1 filter in 1 99"
    assert asked(rules, 0x00005E005310) == "may"


def test_a_filter_that_is_not_defined_is_open() -> None:
    assert asked("ethernet lan1 filter in 5 99", 0x00005E005310) == "may"


@pytest.mark.parametrize(
    "line",
    [
        "ethernet filter 1 pass 00:00:5e:00:53",
        "ethernet filter 1 allow *",
        "ethernet lan1 filter both 1",
        "ethernet lan1 filter in one",
        "ethernet lan1 filter",
    ],
)
def test_what_cannot_be_read_is_said(line: str) -> None:
    (doubt,) = read(f"{BASE}{line}").account.not_understood
    assert (doubt.span.first, doubt.concern) == (9, Concern.FILTER)


@pytest.mark.parametrize("line", ["ethernet filter 1 pass 00:00:5e:00:53", "ethernet filter 1", "# not defined"])
def test_a_filter_that_is_not_known_may_decide_either_way(line: str) -> None:
    rules = f"{line}\nethernet lan1 filter in 1 99"
    found = read(f"{BASE}{rules}")
    assert asked(rules, 0x00005E005310) == "may"
    assert [d.bounded for d in found.account.not_understood] == [True] * len(found.account.not_understood)
    assert "filters that are not defined: 1" in [d.reason for d in found.account.not_understood]
    assert not found.devices[0].uncertain
