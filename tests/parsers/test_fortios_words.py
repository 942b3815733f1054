"""Every word by which FortiGate exports are asked for: what it does to one packet, and where that is written.

AG, CLI and HB are the administration guide, the CLI reference and the handbook on docs.fortinet.com (their chapters are
named); numbers are articles of Fortinet's knowledge base, ``community.fortinet.com/…/ta-p/NUMBER``.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.parsers.fortios_run import (
    INTERFACES,
    becomes,
    entry,
    firewall,
    goes,
    header,
    policies,
    policy,
    read,
    table,
)
from zoneguard.model.device import Concern
from zoneguard.parsers import Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.fortios_routes import parse as parse_table

OUT, WEB, IN = "10.1.0.5 > 192.0.2.1 icmp/8", "10.1.0.5 > 192.0.2.1 tcp/443", "198.51.100.7 > 203.0.113.80 tcp/443"
OPEN = policies(policy(1))
MAY = "may"


@dataclass(frozen=True)
class Word:
    """A packet that comes in by ``ingress`` leaves by ``way`` (``deny``, ``local``, ``may``: open), where ``as_`` is
    given looking so; the policies of ``text`` and its tables say it, by ``source``."""

    name: str
    source: str
    text: tuple[str, ...]
    packet: str
    way: str
    ingress: str = "lan"
    as_: str = ""
    version: str = "7.2.8"


def to(name: str, **words: str) -> str:
    """A policy from ``lan`` to ``wan`` for one destination."""
    return policies(policy(1, dstaddr=name, **words))


def address(name: str, *sets: str) -> str:
    return table("firewall address", entry(name, *sets))


def in_(name: str, *lines: str, **words: str) -> str:
    """A policy from ``wan`` to ``dmz`` for a virtual IP."""
    return policies(policy(1, *lines, **({"srcintf": "wan", "dstintf": "dmz", "dstaddr": name} | words)))


def vip(*sets: str) -> str:
    return table("firewall vip", entry("web", "set extintf wan", "set extip 203.0.113.80", *sets))


def pool(*sets: str) -> str:
    return table("firewall ippool", entry("p", "set startip 203.0.113.50", "set endip 203.0.113.51", *sets))


NAT = policies(policy(1, "set nat enable", "set ippool enable", "set poolname p"))
ZONE = "        set interface lan dmz"
SDWAN = table(
    "system sdwan", "    set status enable", "    config zone", "        edit up", "        next", "    end",
    "    config members", "        edit 1", "            set interface wan", "            set gateway 203.0.113.254",
    "            set zone up", "        next", "        edit 2", "            set interface dmz",
    "            set gateway 10.2.0.254", "            set zone up", "        next", "    end",
    "    config service", "        edit 1", "            set dst h", "            set src all",
    "            set priority-members 2", "        next", "    end",
)  # fmt: skip
BY_SDWAN = table("router static", "    edit 1", "        unset gateway", "        unset device",
                 "        set sdwan-zone up", "    next")  # fmt: skip
HOST = address("h", "set subnet 192.0.2.1/32")
CENTRAL = table("system settings", "    set central-nat enable")
POLICY_MODE = table("system settings", "    set ngfw-mode policy-based")
SERVERS = ("        config realservers", "            edit 1", "                set ip 10.2.0.7",
           "                set port 8443", "            next", "        end")  # fmt: skip

WORDS = [
    Word("zone", "AG: Zone", (table("system zone", entry("z", ZONE)), policies(policy(1, srcintf="z"))), WEB, "wan"),
    Word("intrazone allow", "KB 264457", (table("system zone", entry("z", ZONE, "set intrazone allow")),),
         "10.1.0.5 > 10.2.0.5 tcp/1", "dmz"),
    Word("intrazone deny", "CLI: system zone", (table("system zone", entry("z", ZONE)),),
         "10.1.0.5 > 10.2.0.5 tcp/1", "deny"),
    Word("address", "AG: Subnet", (address("a", "set subnet 192.0.2.0 255.255.255.0"), to("a")), WEB, "wan"),
    Word("group", "AG: Address group", (HOST, table("firewall addrgrp", entry("g", "set member h")), to("g")),
         WEB, "wan"),
    Word("range", "AG: IP range", (address("a", "set type iprange", "set start-ip 192.0.2.2", "set end-ip 192.0.2.9"),
         to("a")), WEB, "deny"),
    Word("wildcard", "CLI: firewall address", (address("a", "set type wildcard",
         "set wildcard 192.0.0.1 255.255.0.255"), to("a")), WEB, "wan"),
    Word("geography", "AG: Geography based addresses", (address("a", "set type geography", "set country JP"), to("a")),
         WEB, MAY),
    Word("FQDN", "AG: FQDN addresses", (address("a", "set type fqdn", "set fqdn www.example.jp"), to("a")), WEB, MAY),
    Word("internet service", "AG: Using Internet Service in a policy",
         (policies(policy(1, "set internet-service enable", "set internet-service-name Google-Web", dstaddr="",
                          service="")),), WEB, MAY),
    Word("negate", "CLI: firewall policy", (HOST, policies(policy(1, "set dstaddr-negate enable", dstaddr="h"))),
         WEB, "deny"),
    Word("service", "CLI: firewall service custom",
         (table("firewall service custom", entry("s", "set tcp-portrange 440-450")), policies(policy(1, service="s"))),
         WEB, "wan"),
    Word("service group", "AG: Services", (table("firewall service group", entry("g", "set member HTTPS PING")),
         policies(policy(1, service="g"))), OUT, "wan"),
    Word("service-negate", "CLI: firewall policy", (policies(policy(1, "set service-negate enable", service="HTTPS")),),
         WEB, "deny"),
    Word("order by position", "AG: Firewall policy", (policies(policy(9, action="deny"), policy(1)),), WEB, "deny"),
    Word("move", "CLI: firewall policy", (policies(policy(9, action="deny"), policy(1), "    move 1 before 9"),),
         WEB, "wan"),
    Word("implicit deny", "AG: Firewall policy", (policies(policy(1, service="HTTP")),), WEB, "deny"),
    Word("status disable", "CLI: firewall policy", (policies(policy(1, "set status disable")),), WEB, "deny"),
    Word("schedule", "AG: Schedules", (policies(policy(1, schedule='"office hours"')),), WEB, MAY),
    Word("VIP", "AG: Static virtual IPs", (vip("set mappedip 10.2.0.80"), in_("web")), IN, "dmz", "wan",
         "198.51.100.7 > 10.2.0.80:443"),
    Word("VIP group", "CLI: firewall vipgrp", (vip("set mappedip 10.2.0.80"),
         table("firewall vipgrp", entry("g", "set interface wan", "set member web")), in_("g")), IN, "dmz", "wan"),
    Word("a policy for all", "KB 192456", (vip("set mappedip 10.2.0.80"), policies(
         policy(1, srcintf="wan", dstintf="dmz"), policy(2, srcintf="wan", dstintf="dmz", dstaddr="web",
                                                         service="SSH"))), IN, "deny", "wan"),
    Word("match-vip", "KB 192456", (vip("set mappedip 10.2.0.80"), policies(
         policy(1, "set match-vip enable", srcintf="wan", dstintf="dmz", action="deny"),
         policy(2, srcintf="wan", dstintf="dmz", dstaddr="web"))), IN, "deny", "wan", version="7.0.5"),
    Word("port forwarding", "AG: Virtual IP with port forwarding", (vip("set mappedip 10.2.0.80",
         "set portforward enable", "set extport 443", "set mappedport 8443"), in_("web")), IN, "dmz", "wan",
         "198.51.100.7 > 10.2.0.80:8443"),
    Word("server-load-balance", "AG: Virtual server load balance", (vip("set type server-load-balance",
         "set server-type tcp", "set extport 443", *SERVERS), in_("web")), IN, "dmz", "wan",
         "198.51.100.7 > 10.2.0.7:8443"),
    Word("nat enable", "AG: Source NAT", (policies(policy(1, "set nat enable")),), WEB, "wan",
         as_="203.0.113.1 > 192.0.2.1:443"),
    Word("overload pool", "AG: Dynamic SNAT", (pool("set type overload"), NAT), WEB, "wan",
         as_="203.0.113.50|203.0.113.51 > 192.0.2.1:443"),
    Word("one-to-one pool", "AG: Dynamic SNAT", (pool("set type one-to-one"), NAT), WEB, "wan",
         as_="203.0.113.50|203.0.113.51 > 192.0.2.1:443"),
    Word("fixed-port-range pool", "AG: Dynamic SNAT", (pool("set type fixed-port-range", "set source-startip 10.1.0.1",
         "set source-endip 10.1.0.9"), NAT), WEB, "wan", as_="203.0.113.50|203.0.113.51 > 192.0.2.1:443"),
    Word("port-block-allocation pool", "AG: Dynamic SNAT", (pool("set type port-block-allocation",
         "set block-size 128"), NAT), WEB, "wan", as_="203.0.113.50|203.0.113.51 > 192.0.2.1:443"),
    Word("central SNAT", "AG: Central SNAT", (CENTRAL, OPEN, pool(), table("firewall central-snat-map", entry("1",
         "set srcintf lan", "set dstintf wan", "set orig-addr all", "set dst-addr all", "set nat-ippool p"))),
         WEB, "wan", as_="203.0.113.50|203.0.113.51 > 192.0.2.1:443"),
    Word("central DNAT", "AG: Central DNAT", (CENTRAL, vip("set mappedip 10.2.0.80"), in_("all")), IN, "dmz", "wan",
         "198.51.100.7 > 10.2.0.80:443"),
    Word("policy-based: no security policy", "AG: NGFW policy", (POLICY_MODE, OPEN), WEB, "deny"),
    Word("policy-based: application", "AG: NGFW policy", (POLICY_MODE, OPEN, table("firewall security-policy",
         policy(1, "set application 15832"))), WEB, MAY),
    Word("SD-WAN rule", "AG: SD-WAN rules", (SDWAN, BY_SDWAN, HOST, policies(policy(1, dstintf="up"))), WEB, "dmz"),
    Word("SD-WAN zone", "AG: SD-WAN zones", (SDWAN, BY_SDWAN, HOST, policies(policy(1, dstintf="up"))),
         "10.1.0.5 > 192.0.2.2 tcp/443", "dmz|wan"),
    Word("local-in policy", "AG: Local-in policy", (table("firewall local-in-policy", entry("1", "set intf lan",
         "set srcaddr all", "set dstaddr all", "set service ALL", "set schedule always")),),
         "10.1.0.5 > 10.1.0.1 udp/53", "deny"),
    Word("local-in policy of IPv6", "CLI: firewall local-in-policy6", (table("firewall local-in-policy6", entry("1",
         "set intf six", "set srcaddr all", "set dstaddr all", "set service ALL", "set schedule always")),),
         "2001:db8:1::5 > 2001:db8:1::1 udp/53", "deny", "six"),
    Word("no allowaccess", "AG: Administrative access", (), "10.1.0.5 > 10.1.0.1 icmp/8", "deny"),
    Word("IPv6 policy", "CLI 6.2: firewall policy6", (table("firewall policy6", policy(1, srcintf="six")),),
         "2001:db8:1::5 > 2001:db8:9::1 tcp/443", "wan", "six", version="6.2.3"),
    Word("consolidated policy", "CLI 6.2: firewall consolidated policy", (table("firewall consolidated policy",
         policy(1, "set srcaddr6 all", "set dstaddr6 all", srcintf="six", srcaddr="", dstaddr="")),),
         "2001:db8:1::5 > 2001:db8:9::1 tcp/443", "wan", "six", version="6.2.3"),
    Word("one policy for both", "AG 6.4: Consolidated policies", (policies(policy(1, "set srcaddr6 all",
         "set dstaddr6 all", srcintf="six lan")),), "2001:db8:1::5 > 2001:db8:9::1 tcp/443", "wan", "six"),
    Word("static route", "AG: Static routing", (OPEN, table("router static", entry("9", "set dst 192.0.2.0/24",
         "set gateway 10.2.0.254", "set device dmz"))), WEB, "deny"),
    Word("policy route", "AG: Policy routes", (policies(policy(1, dstintf="dmz")), table("router policy", entry("1",
         "set input-device lan", 'set dst "192.0.2.0/24"', "set gateway 10.2.0.254", "set output-device dmz"))),
         WEB, "dmz"),
    Word("policy route that stops", "CLI: router policy", (OPEN, table("router policy", entry("1",
         "set input-device lan", "set action deny"))), WEB, "wan"),
    Word("blackhole", "CLI: router static", (OPEN, table("router static", entry("9", "set dst 192.0.2.0/24",
         "set blackhole enable"))), WEB, "deny"),
    Word("action ipsec", "CLI: firewall policy", (policies(policy(1, "set vpntunnel t", action="ipsec")),), WEB, MAY),
    Word("ssl.root", "AG: SSL VPN full tunnel", (policies(policy(1, "set groups staff", srcintf='"ssl.root"')),),
         "10.212.134.200 > 192.0.2.1 tcp/443", MAY, "ssl.root"),
    Word("session-ttl", "CLI: firewall policy", (policies(policy(1, "set session-ttl 3600")),), WEB, "wan"),
    Word("switch interface", "CLI: system switch-interface", (OPEN, table("system switch-interface", entry("lan",
         'set vdom "root"', "set member internal1 internal2"))), WEB, "wan"),
    Word("virtual switch", "CLI: system virtual-switch", (OPEN, table("system virtual-switch", entry("lan",
         "set physical-switch sw0"))), WEB, "wan"),
    Word("DHCP server", "CLI: system dhcp server", (OPEN, table("system dhcp server", entry("1",
         "set interface lan"))), WEB, "wan"),
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_each_word_means_what_the_manual_says(word: Word) -> None:
    found = firewall(*word.text, version=word.version)
    assert goes(found, word.ingress, word.packet) == word.way, word.source
    if word.as_:
        assert becomes(found, word.ingress, word.packet) == word.as_, word.source
    assert word.way == MAY or not found.uncertain


BETWEEN = """config firewall vip46
    edit "x"
        set extip 203.0.113.90
        set mappedip 2001:db8:1::9
    next
end
config firewall policy46
    edit 1
        set srcintf "wan"
        set dstintf "six"
        set srcaddr "all"
        set dstaddr "x"
        set action accept
        set schedule "always"
        set service "ALL"
    next
end
"""


def test_policies_between_versions_of_ip_are_said_where_they_are_in_force() -> None:
    """CLI 6.2, ``firewall policy46`` and ``policy64``: translation between IPv4 and IPv6 is not modelled."""
    (entry_,) = firewall(OPEN, BETWEEN, version="6.2.3").uncertain
    assert (entry_.concern, "between IPv4 and IPv6" in str(entry_.reason)) == (Concern.FILTER, True)
    assert not firewall(OPEN, BETWEEN.replace("set action accept", "set status disable")).uncertain
    assert not firewall(OPEN, BETWEEN[: BETWEEN.index("config firewall policy46")]).uncertain


def test_links_between_vdoms_carry_what_both_allow() -> None:
    """AG, "Inter-VDOM routing": each VDOM judges by its own policies; the link is a wire between two interfaces."""
    text = header("7.2.8").replace("vdom=0", "vdom=1") + "\n".join([
        "config vdom", "edit root", "next", "edit guest", "next", "end", "config global",
        table("system vdom-link", '    edit "v"', "    next"), table(
            "system interface",
            entry("lan", "set vdom root", "set ip 10.1.0.1/24"), entry("v0", "set vdom root", "set ip 10.9.0.1/30"),
            entry("v1", "set vdom guest", "set ip 10.9.0.2/30"), entry("dmz", "set vdom guest", "set ip 10.2.0.1/24"),
        ), "end", "config vdom", "edit root",
        table("router static", entry("1", "set dst 10.2.0.0/24", "set gateway 10.9.0.2", "set device v0")),
        policies(policy(1, dstintf="v0")), "end", "config vdom", "edit guest",
        policies(policy(1, srcintf="v1", dstintf="dmz", service="HTTP")), "end",
    ])  # fmt: skip
    (found,) = read(text).devices
    assert found.wires == (("v0", "v1"),)
    assert goes(found, "lan", "10.1.0.5 > 10.2.0.5 tcp/22", vrf="root") == "v0"
    assert goes(found, "v1", "10.1.0.5 > 10.2.0.5 tcp/80", vrf="guest") == "dmz"
    assert goes(found, "v1", "10.1.0.5 > 10.2.0.5 tcp/22", vrf="guest") == "deny"


CONNECTED = [("192.168.122", "p1"), ("10.1.0", "lan"), ("10.2.0", "dmz"), ("203.0.113", "wan")]


def test_an_address_by_dhcp_is_modelled_by_the_routing_table() -> None:
    """AG, "Interface settings": ``mode dhcp`` brings an address and a default route of distance 5."""
    four = INTERFACES.replace("2001:db8:ffff::1/64", "::/0").replace("2001:db8:1::1/64", "::/0")
    assigned = table("system interface", entry("p1", 'set vdom "root"', "set mode dhcp", "set defaultgw disable"))
    (found,) = read(header("7.2.8") + four + assigned + "\n" + OPEN).devices
    assert [m.concern for m in found.uncertain] == [Concern.INTERFACE]
    lines = (
        "Routing table for VRF=0",
        "S*      0.0.0.0/0 [5/0] via 192.168.122.1, p1, [1/0]",
        *(f"C       {net}.0/24 is directly connected, {name}" for net, name in CONNECTED),
    )
    told = with_routes(found, parse_table(Source("r", lines), "fw").devices[0])
    assert not told.uncertain
    assert goes(told, "lan", WEB) == "deny"  # the default route leads by p1, and no policy does
