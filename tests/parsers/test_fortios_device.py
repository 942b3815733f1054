"""FortiGate interfaces, management access, local-in policies, bindings of MAC addresses, and IPsec tunnels."""

from __future__ import annotations

import pytest

from tests.parsers.fortios_run import (
    INTERFACES,
    ROUTES,
    entry,
    firewall,
    goes,
    header,
    policies,
    policy,
    read,
    table,
)
from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Concern, Device, Interface, MacBinding
from zoneguard.parsers.assembly import assigned

OPEN = policies(policy(1, srcintf="any", dstintf="any"))


def interfaces(*entries: str) -> Device:
    return read(header("7.2.8") + table("system interface", *entries)).devices[0]


def addresses(interface: Interface) -> list[str]:
    return [f"{format_address(a.address)}/{a.length}" for a in interface.addresses]


def test_interfaces_of_every_kind() -> None:
    nested = (
        "config secondaryip",
        "    edit 1\n                set ip 10.1.1.1/24\n                set allowaccess ping\n            next",
        "end",
        "config ipv6",
        "    set ip6-address 2001:db8::1/64",
        "    config ip6-extra-addr\n                edit 2001:db8:1::1/64\n                next\n            end",
        "end",
        "config vrrp\n            edit 1\n                set vrip 10.1.0.254\n            next\n        end",
    )
    found = interfaces(
        entry("p1", "set ip 10.1.0.1 255.255.255.0", "set secondary-IP enable", *nested, 'set description "core"'),
        entry("p2", "set ip 10.2.0.1/24", *nested[:3], 'set alias "DMZ"'),
        entry("v10", 'set interface "p2"', "set vlanid 10", "set ip 10.10.0.1/24"),
        entry("down", "set status down", "set ip 10.3.0.1/24"),
        entry("v20", 'set interface "down"', "set vlanid 20"),
        entry("agg", "set type aggregate", 'set member "p3" "p4"'),
        entry("none", "set ip 0.0.0.0 0.0.0.0", "set management-ip 10.9.0.1/24"),
    )
    by_name = {i.name: i for i in found.interfaces}
    assert addresses(by_name["p1"]) == [
        "10.1.0.1/24", "10.1.1.1/24", "10.1.0.254/24", "2001:db8::1/64", "2001:db8:1::1/64",
    ]  # fmt: skip
    assert addresses(by_name["p2"]) == ["10.2.0.1/24"], "secondary addresses are not enabled"
    assert addresses(by_name["none"]) == ["10.9.0.1/24"]
    assert (by_name["p1"].description, by_name["p2"].description) == ("core", "DMZ")
    assert (by_name["v10"].vlan, by_name["p1"].vlan) == (10, None)
    assert {n for n, i in by_name.items() if not i.enabled} == {"down", "v20"}, "a VLAN rides on its parent"
    assert by_name["v10"].span.last - by_name["v10"].span.first == 4
    assert not found.uncertain


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("set ip 10.1.0.1 255.0.255.0", "this address cannot be read"),
        ("set ip 10.1.0.1", "this address cannot be read"),
        ("set mode dhcp\n set defaultgw disable", assigned("DHCP")),
        ("set vlanid 4095", "this is no VLAN number"),
        ("set newsetting x", 'the setting "newsetting" is not known'),
        ("config new\n            set a b\n        end", 'the block "new" is not read'),
    ],
)
def test_what_an_interface_leaves_open(line: str, reason: str) -> None:
    found = interfaces(entry("p1", line))
    assert (reason, Concern.INTERFACE) in [(u.reason, u.concern) for u in found.uncertain]


def test_ipv6_interfaces_that_are_not_in_the_file() -> None:
    found = interfaces(
        entry("p1", "config ipv6", "set ip6-mode dhcp", "config ip6-extra-addr", "edit x/y", "next", "end", "end")
    )
    assert [u.text for u in found.uncertain[:2]] == ["set ip6-mode dhcp", "edit x/y"]


def test_management_access_is_a_service_of_the_device() -> None:
    found = interfaces(
        entry("p1", "set allowaccess ping https ssh telnet", "config ipv6", "set ip6-allowaccess ssh snmp", "end"),
        entry("p2", "set ip 10.1.0.1/24"),
    )
    assert [(s.name, s.interface) for s in found.services] == [
        (name, "p1") for name in ("ping", "https", "ssh", "telnet", "snmp")
    ]
    assert {s.span.first for s in found.services} == {4, 6}


ACCESS = INTERFACES.replace('edit "lan"', 'edit "lan"\n        set allowaccess ping https ssh')
ADMIN = table("system global", "    set admin-sport 8443", "    set hostname x", "    set timezone 60")


def device(*tables: str) -> Device:
    return read(header("7.2.8") + ACCESS + ROUTES + "\n".join(tables)).devices[0]


def test_the_device_answers_as_its_interfaces_allow() -> None:
    found = device(ADMIN)
    for what, verdict in (("tcp/8443", "local"), ("tcp/22", "local"), ("icmp/8", "local"), ("tcp/23", "deny")):
        assert goes(found, "lan", f"10.1.0.5 > 10.1.0.1 {what}") == verdict
    for what, verdict in (("tcp/22", "deny"), ("icmp/8", "deny"), ("udp/53", "may"), ("tcp/10443", "may")):
        assert goes(found, "dmz", f"10.2.0.5 > 10.2.0.1 {what}") == verdict
    tunnel = device(ADMIN, table("vpn ssl settings", "    set port 22"))
    assert goes(tunnel, "dmz", "10.2.0.5 > 10.2.0.1 tcp/22") == "may"


def test_local_in_policies_go_first_and_deny_by_default() -> None:
    host = table("firewall address", entry("admin", "set subnet 10.1.0.9/32"))
    lines = ("set dstaddr all", "set service SSH HTTPS", "set schedule always")
    local = table(
        "firewall local-in-policy",
        entry("1", "set intf lan", "set srcaddr admin", "set action accept", *lines),
        entry("2", "set intf any", "set srcaddr all", *lines),
        entry("3", "set intf any", "set srcaddr all", "set status disable", "set dstaddr all", "set service PING"),
    )
    found = device(host, local)
    assert goes(found, "lan", "10.1.0.9 > 10.1.0.1 tcp/22") == "local"
    assert goes(found, "lan", "10.1.0.5 > 10.1.0.1 tcp/22") == "deny"
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.1 tcp/443") == "deny"
    assert goes(found, "lan", "10.1.0.5 > 10.1.0.1 icmp/8") == "local"
    six = table("firewall local-in-policy6", entry("1", "set intf six", "set srcaddr all", *lines))
    assert goes(device(six), "six", "2001:db8:1::5 > 2001:db8:1::1 tcp/22") == "deny"


PAIRS = table(
    "firewall ipmacbinding table",
    entry("1", "set ip 10.1.0.20", "set mac 00:00:5e:00:53:20", 'set name "a"', "set status enable"),
    entry("2", "set ip 10.1.0.30", "set mac 00:00:5e:00:53:30"),
    entry("3", "set ip 0.0.0.0", "set mac 00:00:5e:00:53:40", "set status enable"),
)
BOUND = INTERFACES.replace('edit "lan"', 'edit "lan"\n        set ipmac enable')


def bound(*settings: str, more: str = "") -> Device:
    text = table("firewall ipmacbinding setting", *(f"    set {line}" for line in settings))
    return read(header("7.2.8") + BOUND + ROUTES + PAIRS + "\n" + text + "\n" + more + OPEN).devices[0]


def verdict(found: Device, source: str, mac: int) -> str:
    return goes(found, "lan", f"{source} > 192.0.2.1 tcp/80", mac=0x00005E005300 + mac)


def test_pairs_of_addresses_bind_what_comes_through() -> None:
    """CLI reference, "firewall ipmacbinding"; installation guide, "Configuring IP/MAC binding"."""
    found = bound("bindthroughfw enable")
    assert verdict(found, "10.1.0.20", 0x20) == "wan"
    assert verdict(found, "10.1.0.20", 0x21) == "deny", "another host with this address"
    assert verdict(found, "10.1.0.21", 0x20) == "deny", "this host with another address"
    assert verdict(found, "10.1.0.30", 0x30) == "deny", "the pair is not enabled, and undefined hosts are blocked"
    assert verdict(found, "10.1.0.77", 0x40) == "wan", "any address"
    assert goes(found, "dmz", "10.2.0.5 > 192.0.2.1 tcp/80") == "wan", "no ipmac on this interface"
    span = found.mac_bindings[0].span
    assert found.mac_bindings == (MacBinding(parse_address("10.1.0.20"), 0x00005E005320, "lan", span),)
    allowing = bound("bindthroughfw enable", "undefinedhost allow")
    assert verdict(allowing, "10.1.0.99", 0x99) == "wan"
    assert verdict(allowing, "10.1.0.20", 0x99) == "deny"


def test_pairs_bind_nothing_where_binding_is_off() -> None:
    found = bound("bindtofw enable")
    assert verdict(found, "10.1.0.20", 0x99) == "wan"
    assert not found.mac_bindings


def test_hosts_of_the_dhcp_server_are_entered_by_the_device() -> None:
    dhcp = table("system dhcp server", entry("1", 'set interface "lan"')) + "\n"
    assert verdict(bound("bindthroughfw enable", more=dhcp), "10.1.0.99", 0x99) == "may"


def test_static_arp_is_a_binding() -> None:
    arp = table("system arp-table", entry("1", 'set interface "lan"', "set ip 10.1.0.7", "set mac 00:00:5e:00:53:07"),
                entry("2", "set ip 10.1.0.x"))  # fmt: skip
    found = firewall(arp)
    assert [(b.address, b.mac, b.interface) for b in found.mac_bindings] == [
        (parse_address("10.1.0.7"), 0x00005E005307, "lan")
    ]


def tunnel(*sets: str) -> str:
    phase1 = table("vpn ipsec phase1-interface", entry("vpn", 'set interface "wan"', "set remote-gw 198.51.100.1"))
    phase2 = table("vpn ipsec phase2-interface", entry("p2", 'set phase1name "vpn"', *sets)) if sets else ""
    route = table("router static", entry("9", "set dst 10.9.0.0/16", 'set device "vpn"'))
    return "\n".join((phase1, phase2, route, OPEN))


def test_a_tunnel_is_an_interface() -> None:
    found = firewall(tunnel())
    assert "vpn" in {i.name for i in found.interfaces}
    assert goes(found, "lan", "10.1.0.5 > 10.9.0.1 tcp/80") == "vpn"
    assert goes(firewall(tunnel("set proposal aes256-sha256")), "lan", "10.1.0.5 > 10.9.0.1 tcp/80") == "vpn"


def test_selectors_limit_what_a_tunnel_carries() -> None:
    found = firewall(tunnel("set src-subnet 10.1.0.0 255.255.255.128", "set dst-subnet 10.9.0.0 255.255.255.0"))
    assert goes(found, "lan", "10.1.0.5 > 10.9.0.1 tcp/80") == "vpn"
    assert goes(found, "lan", "10.1.0.200 > 10.9.0.1 tcp/80") == "deny"
    assert goes(found, "lan", "10.1.0.5 > 10.9.1.1 tcp/80") == "deny"
    assert goes(found, "vpn", "10.9.0.1 > 10.1.0.5 tcp/80") == "lan"
    assert goes(found, "vpn", "10.9.1.1 > 10.1.0.5 tcp/80") == "deny"
    named = table("firewall address", entry("left", "set subnet 10.1.0.0/25"))
    kinds = ("set src-addr-type name", 'set src-name "left"', "set dst-addr-type range", "set dst-start-ip 10.9.0.0",
             "set dst-end-ip 10.9.0.9")  # fmt: skip
    found = firewall(named, tunnel(*kinds))
    assert goes(found, "lan", "10.1.0.5 > 10.9.0.9 tcp/80") == "vpn"
    assert goes(found, "lan", "10.1.0.5 > 10.9.0.10 tcp/80") == "deny"


@pytest.mark.parametrize("line", ["set protocol 6", "set src-subnet x", "set dst-port 80"])
def test_selectors_that_are_not_followed_are_open(line: str) -> None:
    found = firewall(tunnel(line))
    assert goes(found, "lan", "10.1.0.5 > 10.9.0.1 tcp/80") == "may"
    assert not found.uncertain


def test_peers_that_dial_in_bring_routes() -> None:
    found = firewall(table("vpn ipsec phase1-interface", entry("users", "set type dynamic", 'set interface "wan"')))
    assert [(u.text, u.concern) for u in found.uncertain] == [("set type dynamic", Concern.ROUTING)]
