"""PAN-OS address objects: every kind, groups of them, groups by tag, lists and regions, bad ones."""

from __future__ import annotations

import pytest

from tests.parsers.panos_run import INTERFACES, LAN, WAN, doubts, firewall, goes, read, reasons, rule

TO = "10.1.0.5 > {} tcp/443"


def to(found: object, address: str) -> str:
    return goes(found, LAN, TO.format(address))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "inside", "outside"),
    [
        ("ip-netmask 198.51.100.7", "198.51.100.7", "198.51.100.8"),
        ("ip-netmask 198.51.100.7/25", "198.51.100.127", "198.51.100.128"),
        ("ip-range 198.51.100.7-198.51.100.9", "198.51.100.9", "198.51.100.10"),
        ("ip-wildcard 198.51.1.0/0.0.248.255", "198.51.9.77", "198.51.2.77"),
    ],
)
def test_kinds_of_addresses(value: str, inside: str, outside: str) -> None:
    found = firewall(f"set address it {value}", rule("x", destination="it"))
    assert (to(found, inside), to(found, outside)) == (WAN, "deny")


def test_addresses_of_the_other_family() -> None:
    found = firewall("set address it ip-netmask 2001:db8:9::/48", rule("x", destination="[ it 198.51.100.0/24 ]"))
    assert goes(found, "ethernet1/4", "2001:db8:4::5 > 2001:db8:9::1 tcp/443") == WAN
    assert goes(found, "ethernet1/4", "2001:db8:4::5 > 2001:db8:8::1 tcp/443") == "deny"
    assert to(found, "198.51.100.9") == WAN


def test_every_ipv6_address_means_every_ipv4_address_too() -> None:
    found = firewall("set address all6 ip-netmask ::/0", rule("x", destination="all6"))
    assert to(found, "198.51.100.9") == WAN


def test_literal_addresses_and_names_that_look_like_them() -> None:
    """An object goes before an address of the same text."""
    found = firewall(
        "set address 198.51.100.1 ip-netmask 198.51.100.2",
        rule("x", destination="[ 198.51.100.1 198.51.100.32/30 198.51.100.64-198.51.100.66 ]"),
    )
    assert to(found, "198.51.100.1") == "deny"
    for address in ("198.51.100.2", "198.51.100.33", "198.51.100.66"):
        assert to(found, address) == WAN


def test_groups_in_groups() -> None:
    found = firewall(
        "set address a ip-netmask 198.51.100.1",
        "set address-group inner static [ a 198.51.100.9 ]",
        "set address-group outer static [ inner ]",
        rule("x", destination="outer"),
    )
    assert to(found, "198.51.100.1") == to(found, "198.51.100.9") == WAN
    assert to(found, "198.51.100.2") == "deny"


def test_groups_that_contain_themselves_are_named_and_open() -> None:
    text = "\n".join(
        (
            "set address a ip-netmask 198.51.100.1",
            "set address-group g1 static [ g2 a ]",
            "set address-group g2 static [ g1 ]",
            rule("x", destination="g1"),
        )
    )
    assert "contains itself" in " ".join(reasons(read(INTERFACES + text)).values())
    found = firewall(text)
    assert to(found, "198.51.100.1") == WAN
    assert to(found, "198.51.100.2") == "may"


def test_groups_that_all_contain_each_other_take_no_time() -> None:
    names = [f"g{n}" for n in range(60)]
    text = "\n".join(f"set address-group {name} static [ {' '.join(names)} ]" for name in names)
    assert to(firewall(text, rule("x", destination="g0")), "198.51.100.2") == "may"


@pytest.mark.parametrize(
    ("wanted", "members"),
    [
        ("'web'", {"1", "3"}),
        ("'web' and 'prod'", {"3"}),
        ("'web' or db", {"1", "2", "3"}),
        ("('web' and 'prod') or 'db'", {"2", "3"}),
        ("web and (prod or 'stage one')", {"1", "3"}),
    ],
)
def test_dynamic_groups_hold_the_objects_with_their_tags_and_may_hold_more(wanted: str, members: set[str]) -> None:
    """Vendor note: dynamic groups ("Use Dynamic Address Groups in Policy")."""
    found = firewall(
        "set address h1 ip-netmask 198.51.100.1",
        'set address h1 tag [ web "stage one" ]',
        "set address h2 ip-netmask 198.51.100.2",
        "set address h2 tag db",
        "set address h3 ip-netmask 198.51.100.3",
        "set address h3 tag [ web prod ]",
        f'set address-group d dynamic filter "{wanted}"',
        rule("x", destination="d"),
    )
    assert {n for n in "123" if to(found, f"198.51.100.{n}") == WAN} == members
    assert to(found, "198.51.100.9") == "may"
    assert "registered" in doubts(found, LAN, TO.format("198.51.100.9"))


@pytest.mark.parametrize("wanted", ["", "web and", "(web", "web prod", "and", "not web)"])
def test_a_filter_of_tags_that_cannot_be_read_is_open(wanted: str) -> None:
    found = firewall(
        "set address h ip-netmask 198.51.100.1",
        "set address h tag web",
        f'set address-group d dynamic filter "{wanted}"',
        rule("x", destination="d"),
    )
    assert to(found, "198.51.100.1") == "may"


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("fq", "set address fq fqdn www.example.jp"),
        ("edl", "set external-list edl type ip url http://list.example.jp/"),
        ("JP", ""),
        ("panw-known-ip-list", ""),
        ("nothing", ""),
        ("bad", "set address bad ip-range 198.51.100.9-198.51.100.1"),
        ("empty", "set address empty description nothing"),
    ],
)
def test_addresses_that_the_file_does_not_hold_are_open(name: str, definition: str) -> None:
    """Vendor note: EDL, and what is like it."""
    parts = [definition] if definition else []
    found = firewall(*parts, rule("x", destination=f"[ {name} 198.51.100.32 ]"))
    assert to(found, "198.51.100.1") == "may"
    assert to(found, "198.51.100.32") == WAN
    assert not found.uncertain
    negated = firewall(*parts, rule("x", destination=f"[ {name} 198.51.100.32 ]", negate_destination="yes"))
    assert to(negated, "198.51.100.32") == "deny"
    assert to(negated, "198.51.100.1") == "may"


def test_regions_of_ones_own_hold_their_addresses() -> None:
    found = firewall("set region hq address [ 198.51.100.0/28 203.0.112.1 ]", rule("x", destination="hq"))
    assert to(found, "198.51.100.15") == WAN
    assert to(found, "198.51.100.16") == "deny"


def test_the_same_unknown_address_is_the_same_wherever_it_is_named() -> None:
    found = firewall(
        "set address fq fqdn www.example.jp",
        rule("no", destination="fq", action="deny"),
        rule("yes", destination="fq"),
    )
    assert to(found, "198.51.100.1") == "deny"


@pytest.mark.parametrize(
    ("service", "definition", "reason"),
    [
        ("x", "", "not defined"),
        ("x", "set service x protocol tcp port 99999", "cannot be read"),
        ("x", "set service x protocol icmp port 1", "cannot be read"),
        ("g", "set service-group g members g", "contains itself"),
    ],
)
def test_services_that_cannot_be_decided_are_open(service: str, definition: str, reason: str) -> None:
    text = f"{definition}\n" + rule("x", service=f"[ {service} service-https ]")
    found = firewall(text)
    assert to(found, "198.51.100.1") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/22") == "may"
    assert any(reason in text for text in reasons(read(INTERFACES + text)).values())


def test_objects_of_the_virtual_system_go_before_shared_ones() -> None:
    found = firewall(
        "set shared address a ip-netmask 198.51.100.1",
        "set shared address b ip-netmask 198.51.100.2",
        "set address a ip-netmask 198.51.100.9",
        rule("x", destination="[ a b ]"),
    )
    assert {n for n in "129" if to(found, f"198.51.100.{n}") == WAN} == {"2", "9"}
