"""Entities, applications, firewall and NAT of AR routers ("UTM / …" of the command references).

Sources are named in docs/reference/awplus.md.
"""

from __future__ import annotations

import pytest

from tests.parsers.indented_run import MASQUERADED, outcomes, packet, verdict
from tests.parsers.test_awplus import device, read, reasons
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, Device
from zoneguard.model.match import ConnState

ENTITIES = """
zone public
 network wan
  ip subnet 0.0.0.0/0 interface eth1
  host eth1
   ip address 203.0.113.2
zone private
 network lan
  ip subnet 192.168.10.0/24
  host web
   ip address 192.168.10.10
 network lan-b
  ip subnet 192.168.20.0/24
  ipv6 subnet 2001:db8:20::/64
interface eth1
 ip address 203.0.113.2/29
interface vlan10
 ip address 192.168.10.1/24
interface vlan20
 ip address 192.168.20.1/24
"""


def firewall(*rules: str, protect: str = "protect", more: str = "") -> Device:
    return device(ENTITIES + more + "firewall\n" + "".join(f" {rule}\n" for rule in (*rules, protect) if rule))


def to(found: Device, src: str, dst: str, what: str = "tcp/80", **fields: int) -> str:
    def side(address: str) -> str:
        return "vlan10" if "168.10" in address else "vlan20" if "168.20" in address or ":20:" in address else "eth1"

    return verdict(found, packet(src, dst, what, **fields), side(src), side(dst))


INSIDE, OTHER, WORLD, WEB = "192.168.10.5", "192.168.20.5", "198.51.100.7", "192.168.10.10"


def test_without_protect_the_firewall_lets_everything_pass() -> None:
    text = ENTITIES + "firewall\n rule 10 deny any from public to private\n"
    assert to(device(text), WORLD, INSIDE) == "pass"
    assert read(text).account.ignored["rule of a firewall that no `protect` switches on"] == 1


def test_with_protect_and_no_rule_nothing_passes() -> None:
    found = firewall()
    assert to(found, INSIDE, WORLD) == "drop"
    assert to(found, INSIDE, OTHER) == "drop"
    assert to(found, "2001:db8:20::5", "2001:db8:99::1") == "drop"


def test_a_protect_of_another_block_does_not_switch_the_firewall_on() -> None:
    text = ENTITIES + "ips\n protect\nip-reputation\n protect\nfirewall\n rule 10 permit any from private to public\n"
    assert to(device(text), WORLD, INSIDE) == "pass"


def test_hosts_of_one_network_need_a_rule_to_reach_each_other_through_the_router() -> None:
    found = firewall("rule 10 permit any from private.lan to public")
    assert to(found, INSIDE, OTHER) == "drop"
    found = firewall("rule 10 permit any from private to private")
    assert to(found, INSIDE, OTHER) == "pass"


def test_rules_are_asked_by_their_numbers() -> None:
    found = firewall("rule 20 deny any from private to public", "rule 10 permit http from private.lan to public")
    assert to(found, INSIDE, WORLD, "tcp/80") == "pass"
    assert to(found, INSIDE, WORLD, "tcp/22") == "drop"


def test_a_zone_is_its_networks_and_a_host_its_address() -> None:
    found = firewall(
        "rule 10 permit any from private.lan-b to public", "rule 20 permit https from public to private.lan.web"
    )
    assert to(found, OTHER, WORLD) == "pass"
    assert to(found, INSIDE, WORLD) == "drop"
    assert to(found, WORLD, WEB, "tcp/443") == "pass"
    assert to(found, WORLD, INSIDE, "tcp/443") == "drop"
    assert to(found, "2001:db8:20::5", "2001:db8:99::1") == "drop"


def test_a_subnet_with_an_interface_holds_for_packets_by_this_interface() -> None:
    found = firewall("rule 10 permit any from public to private")
    assert verdict(found, packet(WORLD, INSIDE), "eth1", "vlan10") == "pass"
    assert verdict(found, packet(WORLD, INSIDE), "vlan20", "vlan10") == "drop"
    found = firewall("rule 10 permit any from private to public")
    assert verdict(found, packet(INSIDE, "192.168.20.9"), "vlan10", "vlan20") == "drop"
    assert verdict(found, packet(INSIDE, "192.168.20.9"), "vlan10", "eth1") == "pass"


def test_packets_of_an_admitted_session_pass() -> None:
    found = firewall("rule 10 permit http from private to public")
    answer = packet(WORLD, INSIDE, "tcp/50000", sport=80, state=ConnState.ESTABLISHED)
    assert verdict(found, answer, "eth1", "vlan10") == "pass"


def test_log_decides_nothing_and_reject_drops() -> None:
    found = firewall("rule 10 log any from private to public", "rule 20 reject any from private to public log")
    assert to(found, INSIDE, WORLD) == "drop"
    assert (
        to(
            firewall("rule 10 log any from private to public", "rule 20 permit any from private to public"),
            INSIDE,
            WORLD,
        )
        == "pass"
    )


def test_no_state_enforcement_is_an_option_of_a_rule() -> None:
    found = firewall("rule 10 permit any from private to public no-state-enforcement log")
    assert to(found, INSIDE, WORLD) == "pass"


CUSTOM = """
application mydb
 protocol tcp
 dport 1521 to 1525
application oddping
 protocol icmp
 icmp-type 13
 icmp-code 0
application esp
 protocol 50
application half
 dport 99
application HTTP
 protocol tcp
 dport 8080
"""


@pytest.mark.parametrize(
    ("application", "inside", "outside"),
    [
        ("mydb", "tcp/1523", "tcp/1526"),
        ("MyDB", "tcp/1521", "udp/1521"),
        ("oddping", "icmp/13", "icmp/8"),
        ("esp", "esp", "tcp/1"),
        ("http", "tcp/8080", "tcp/80"),  # one's own definition goes first, and names are the same in any case
        ("ping", "icmp/8", "icmp/0"),
        ("ssh", "tcp/22", "udp/22"),
        ("any", "esp", ""),
    ],
)
def test_applications(application: str, inside: str, outside: str) -> None:
    found = firewall(f"rule 10 permit {application} from private to public", more=CUSTOM)
    assert to(found, INSIDE, WORLD, inside) == "pass"
    if outside:
        assert to(found, INSIDE, WORLD, outside) == "drop"


def test_an_application_without_protocol_makes_a_rule_without_effect() -> None:
    text = ENTITIES + CUSTOM + "firewall\n rule 10 permit half from private to public\n protect\n"
    found = device(text)
    assert to(found, INSIDE, WORLD, "tcp/99") == "drop"
    assert not found.uncertain
    assert "without protocol" in " ".join(r for r, _, _ in reasons(read(text)).values())


def test_what_is_not_defined_is_open() -> None:
    for rule in ("rule 10 permit netflix from private to public", "rule 10 permit any from guests to public"):
        found = firewall(rule)
        assert to(found, INSIDE, WORLD) == "may"
        assert not found.uncertain


def test_recognition_by_content_opens_the_names_of_applications() -> None:
    text = "dpi\n provider built-in\n enable\n"
    assert to(firewall("rule 10 permit http from private to public", more=text), INSIDE, WORLD, "tcp/9999") == "may"
    assert to(firewall("rule 10 permit esp from private to public", more=text + CUSTOM), INSIDE, WORLD, "esp") == "pass"


def test_dns_is_udp_and_may_be_tcp() -> None:
    found = firewall("rule 10 permit dns from private to public")
    assert to(found, INSIDE, WORLD, "udp/53") == "pass"
    assert to(found, INSIDE, WORLD, "tcp/53") == "may"
    assert to(found, INSIDE, WORLD, "tcp/80") == "drop"


def test_hosts_whose_addresses_are_not_in_the_file_are_open() -> None:
    more = "zone cloud\n network saas\n  host mail\n   ip address dynamic fqdn mail.example.com\n"
    found = firewall("rule 10 permit https from private to cloud.saas.mail", more=more)
    assert to(found, INSIDE, WORLD, "tcp/443") == "may"
    assert to(found, INSIDE, WORLD, "tcp/80") == "drop"


def test_a_host_outside_of_its_network_may_belong_to_it() -> None:
    more = "zone branch\n network a\n  ip subnet 10.9.0.0/24\n  host far\n   ip address 10.8.0.1\n"
    found = firewall("rule 10 permit any from private to branch.a", more=more)
    assert to(found, INSIDE, "10.9.0.7") == "pass"
    assert to(found, INSIDE, "10.8.0.1") == "may"
    assert to(found, INSIDE, "10.8.0.2") == "drop"


def test_a_rule_that_cannot_be_read_keeps_its_place() -> None:
    found = firewall("rule 10 frob any from private to public", "rule 20 permit http from private to public")
    assert to(found, INSIDE, WORLD, "tcp/80") == "may"
    found = firewall("rule 20 frob any from private to public", "rule 10 permit http from private to public")
    assert to(found, INSIDE, WORLD, "tcp/80") == "pass"
    assert not found.uncertain


def test_a_line_of_an_entity_that_is_not_known_is_open() -> None:
    found = firewall("rule 10 permit any from odd to public", more="zone odd\n network n\n  ip subnet banana\n")
    assert to(found, INSIDE, WORLD) == "may"
    assert not found.uncertain


def test_the_router_itself_is_behind_the_firewall_too() -> None:
    (local,) = firewall("rule 10 permit ssh from private.lan to private.lan").vrfs[0].local
    assert local.stateful  # type: ignore[union-attr]


def nat(*rules: str, enable: str = "enable", more: str = "") -> Device:
    return device(ENTITIES + more + "nat\n" + "".join(f" {rule}\n" for rule in (*rules, enable) if rule))


def sent(found: Device, src: str, dst: str, what: str = "tcp/80", ways: tuple[str, str] = ("vlan10", "eth1")) -> str:
    results = outcomes(found, packet(src, dst, what), *ways)
    return " or ".join(
        sorted("drop" if r is None else f"{format_address(r.src)} > {format_address(r.dst)}:{r.dport}" for r in results)
    )


def test_masquerade() -> None:
    found = nat("rule 10 masq any from private.lan to public with src public.wan.eth1")
    assert sent(found, INSIDE, WORLD) == f"203.0.113.2 > {WORLD}:80"
    assert sent(found, OTHER, WORLD) == f"{OTHER} > {WORLD}:80"
    assert sent(found, INSIDE, OTHER, ways=("vlan10", "vlan20")) == f"{INSIDE} > {OTHER}:80"
    assert sent(nat("rule 10 masq any from private to public"), INSIDE, WORLD) == f"{MASQUERADED} > {WORLD}:80"


def test_nat_that_is_not_enabled_does_nothing() -> None:
    found = nat("rule 10 masq any from private to public", enable="")
    assert sent(found, INSIDE, WORLD) == f"{INSIDE} > {WORLD}:80"
    assert not found.uncertain


def test_nat_is_for_ipv4_alone() -> None:
    found = nat("rule 10 masq any from private to public")
    assert sent(found, "2001:db8:20::5", "2001:db8:99::1") == "2001:db8:20::5 > 2001:db8:99::1:80"


def test_a_port_is_forwarded_before_the_firewall() -> None:
    more = "firewall\n rule 10 permit https from public to private.lan.web\n protect\n"
    found = nat("rule 10 portfwd https from public to public.wan.eth1 with dst private.lan.web", more=more)
    way = ("eth1", "vlan10")
    assert sent(found, WORLD, "203.0.113.2", "tcp/443", way) == f"{WORLD} > {WEB}:443"
    assert sent(found, WORLD, "203.0.113.2", "tcp/80", way) == "drop"
    other = "firewall\n rule 10 permit https from public to public.wan.eth1\n protect\n"
    found = nat("rule 10 portfwd https from public to public.wan.eth1 with dst private.lan.web", more=other)
    assert sent(found, WORLD, "203.0.113.2", "tcp/443", way) == "drop"  # the firewall sees the inner address


def test_the_firewall_sees_inner_sources() -> None:
    more = "firewall\n rule 10 permit any from private.lan to public\n protect\n"
    found = nat("rule 10 masq any from private to public with src public.wan.eth1", more=more)
    assert sent(found, INSIDE, WORLD) == f"203.0.113.2 > {WORLD}:80"


def test_a_port_may_be_moved() -> None:
    found = nat("rule 10 portfwd https from public to public.wan.eth1 with dst private.lan.web dport 8443")
    assert sent(found, WORLD, "203.0.113.2", "tcp/443", ("eth1", "vlan10")) == f"{WORLD} > {WEB}:8443"


def test_portfwd_without_destination_is_open_beyond_the_own_addresses() -> None:
    found = nat("rule 10 portfwd https from public with dst private.lan.web")
    way = ("eth1", "vlan10")
    assert sent(found, WORLD, "203.0.113.2", "tcp/443", way) == f"{WORLD} > {WEB}:443"
    assert sent(found, WORLD, "203.0.113.3", "tcp/443", way) == f"{WORLD} > {WEB}:443 or {WORLD} > 203.0.113.3:443"


NETMAP = "zone far\n network shown\n  ip subnet 10.99.0.0/24\n network real\n  ip subnet 10.77.0.0/24\n"


def test_netmap_keeps_the_host_part() -> None:
    found = nat(
        "rule 10 netmap any from private to far.shown with dst far.real",
        "rule 20 netmap any from private.lan to far.real with src far.shown",
        more=NETMAP,
    )
    assert sent(found, INSIDE, "10.99.0.42") == "10.99.0.5 > 10.77.0.42:80"


def test_what_a_rule_translates_to_must_be_known() -> None:
    for rule in (
        "rule 10 portfwd https from public with dst private.lan.nobody",
        "rule 10 netmap any from private to public with dst private.lan",
        "rule 10 masq any from private to public with src nowhere",
    ):
        assert [m.concern for m in nat(rule).uncertain] == [Concern.NAT], rule


def test_rules_of_nat_in_order_of_their_numbers() -> None:
    found = nat(
        "rule 20 masq any from private to public with src public.wan.eth1",
        "rule 10 masq any from private.lan.web to public",
    )
    assert sent(found, WEB, WORLD) == f"{MASQUERADED} > {WORLD}:80"
    assert sent(found, INSIDE, WORLD) == f"203.0.113.2 > {WORLD}:80"


def test_a_dynamic_host_has_the_address_of_its_interface() -> None:
    more = "zone up\n network isp\n  ip subnet 0.0.0.0/0 interface ppp0\n"
    more += "  host ppp0\n   ip address dynamic interface ppp0\n"
    found = nat("rule 10 masq any from private to up with src up.isp.ppp0", more=more)
    assert sent(found, INSIDE, WORLD, ways=("vlan10", "ppp0")) == f"{MASQUERADED} > {WORLD}:80"
    found = firewall("rule 10 permit any from private to up.isp", more=more)
    assert verdict(found, packet(INSIDE, WORLD), "vlan10", "ppp0") == "pass"
    assert verdict(found, packet(INSIDE, WORLD), "vlan10", "eth1") == "drop"
