"""Translation on an ASA, 8.3 and later and before: order, both directions, the checks that go with it."""

from __future__ import annotations

import pytest

from tests.parsers.cisco_asa_run import OLD, VERSION, becomes, firewall, goes, read
from zoneguard.model.device import Concern, Device, NatRule, Translate
from zoneguard.model.match import Field

OPEN = "access-list A extended permit ip any any\naccess-group A in interface outside\naccess-group A in interface dmz"
OBJECTS = """
object network lan
 subnet 10.1.0.0 255.255.0.0
object network web
 host 10.2.0.10
object network web-out
 host 203.0.113.10
object network pool
 range 203.0.113.100 203.0.113.110
object network pool-net
 subnet 203.0.113.128 255.255.255.240
object network branch
 subnet 10.80.0.0 255.255.0.0
object network branch-as
 subnet 10.81.0.0 255.255.0.0
object network partner
 host 198.51.100.7
object network partner-as
 host 10.1.250.7
object service web-8080
 service tcp destination eq 8080
object service web-80
 service tcp destination eq www
object service from-80
 service tcp source eq www
object service from-8080
 service tcp source eq 8080
object-group network both-lans
 network-object object lan
 network-object 10.2.0.0 255.255.255.0
"""


def asa(*texts: str) -> Device:
    return firewall(OBJECTS, OPEN, *texts)


def names(found: Device, field: Field) -> list[str]:
    stages = [s for s in found.vrfs[0].stages if isinstance(s, Translate) and s.field is field]
    return [rule.name for s in stages for rule in s.rules.rules if isinstance(rule, NatRule)]


# -- network objects -------------------------------------------------------------------------------------------------


def test_static_nat_works_both_ways_and_lists_see_the_real_address() -> None:
    found = firewall(
        OBJECTS,
        "object network web\n nat (dmz,outside) static web-out",
        "access-list A extended permit tcp any host 10.2.0.10 eq 443",
        "access-group A in interface outside",
    )
    assert becomes(found, "outside", "198.51.100.7 > 203.0.113.10 tcp/443") == "198.51.100.7 > 10.2.0.10:443"
    assert goes(found, "outside", "198.51.100.7 > 203.0.113.10 tcp/443") == "dmz"
    assert goes(found, "outside", "198.51.100.7 > 203.0.113.10 tcp/80") == "deny"
    assert becomes(found, "dmz", "10.2.0.10 > 198.51.100.7 tcp/443") == "203.0.113.10 > 198.51.100.7:443"
    assert becomes(found, "dmz", "10.2.0.11 > 198.51.100.7 tcp/443") == "10.2.0.11 > 198.51.100.7:443"


def test_the_real_address_is_not_reached_past_the_translation() -> None:
    """Syslog 305013: the answer would be translated, the packet was not."""
    found = asa("object network web\n nat (dmz,outside) static web-out")
    assert goes(found, "outside", "198.51.100.7 > 10.2.0.10 tcp/443") == "deny"
    assert goes(found, "outside", "198.51.100.7 > 10.2.0.11 tcp/443") == "dmz"


def test_before_8_3_lists_see_the_mapped_address() -> None:
    lists = (
        "static (dmz,outside) 203.0.113.10 10.2.0.10 netmask 255.255.255.255",
        "access-list A extended permit tcp any host 203.0.113.10 eq 443",
        "access-group A in interface outside",
    )
    old = firewall(*lists, version=OLD)
    assert becomes(old, "outside", "198.51.100.7 > 203.0.113.10 tcp/443") == "198.51.100.7 > 10.2.0.10:443"
    assert goes(old, "outside", "198.51.100.7 > 203.0.113.10 tcp/80") == "deny"
    real = firewall(lists[0], lists[1].replace("203.0.113.10", "10.2.0.10"), lists[2], version=OLD)
    assert goes(real, "outside", "198.51.100.7 > 203.0.113.10 tcp/443") == "deny"


@pytest.mark.parametrize(
    ("nat", "sent", "received"),
    [
        ("static web-out service tcp 443 8443", "203.0.113.10 tcp/8443", "10.2.0.10:443"),
        ("static interface service tcp www 8080", "203.0.113.2 tcp/8080", "10.2.0.10:80"),
        ("static 203.0.113.77", "203.0.113.77 udp/53", "10.2.0.10:53"),
    ],
)
def test_static_nat_with_ports_and_inline_addresses(nat: str, sent: str, received: str) -> None:
    found = asa(f"object network web\n nat (dmz,outside) {nat}")
    assert becomes(found, "outside", f"198.51.100.7 > {sent}") == f"198.51.100.7 > {received}"


def test_a_port_that_is_not_translated_stays() -> None:
    found = asa("object network web\n nat (dmz,outside) static web-out service tcp 443 8443")
    assert becomes(found, "dmz", "10.2.0.10 > 198.51.100.7 tcp/25", sport=443) == "203.0.113.10 > 198.51.100.7:25"
    assert becomes(found, "dmz", "10.2.0.10 > 198.51.100.7 tcp/25", sport=444) == "10.2.0.10 > 198.51.100.7:25"


def test_a_network_is_mapped_address_by_address() -> None:
    found = asa("object network servers\n subnet 10.2.0.16 255.255.255.240\n nat (dmz,outside) static pool-net")
    assert becomes(found, "outside", "198.51.100.7 > 203.0.113.133 tcp/80") == "198.51.100.7 > 10.2.0.21:80"
    assert becomes(found, "dmz", "10.2.0.21 > 198.51.100.7 tcp/80") == "203.0.113.133 > 198.51.100.7:80"
    inline = asa("object network servers\n subnet 10.2.0.16 255.255.255.240\n nat (dmz,outside) static 203.0.113.128")
    assert becomes(inline, "outside", "198.51.100.7 > 203.0.113.133 tcp/80") == "198.51.100.7 > 10.2.0.21:80"


def test_few_to_many_and_many_to_few() -> None:
    few = asa("object network web\n nat (dmz,outside) static pool")
    assert becomes(few, "outside", "198.51.100.7 > 203.0.113.100 tcp/80") == "198.51.100.7 > 10.2.0.10:80"
    assert becomes(few, "outside", "198.51.100.7 > 203.0.113.107 tcp/80") == "198.51.100.7 > 10.2.0.10:80"
    assert becomes(few, "dmz", "10.2.0.10 > 198.51.100.7 tcp/80") == "203.0.113.100 > 198.51.100.7:80"
    many = asa("object network hosts\n range 10.2.0.10 10.2.0.11\n nat (dmz,outside) static web-out")
    assert becomes(many, "outside", "198.51.100.7 > 203.0.113.10 tcp/80") == "198.51.100.7 > 10.2.0.10:80"
    assert becomes(many, "dmz", "10.2.0.11 > 198.51.100.7 tcp/80") == "203.0.113.10 > 198.51.100.7:80"


@pytest.mark.parametrize(
    ("nat", "source"),
    [
        ("dynamic interface", "203.0.113.2"),
        ("dynamic web-out", "203.0.113.10"),
        ("dynamic 203.0.113.44", "203.0.113.44"),
        ("dynamic pat-pool web-out round-robin", "203.0.113.10"),
        ("static 10.1.0.0", "10.1.0.5"),
    ],
)
def test_sources_by_objects(nat: str, source: str) -> None:
    found = asa(f"object network lan\n nat (inside,outside) {nat}")
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == f"{source} > 198.51.100.7:80"
    assert becomes(found, "inside", "10.1.0.5 > 10.2.0.9 tcp/80") == "10.1.0.5 > 10.2.0.9:80"


def test_a_pool_is_any_of_its_addresses() -> None:
    found = asa("object network lan\n nat (inside,outside) dynamic pool")
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80").startswith("203.0.113.100|")


def test_a_dynamic_translation_may_let_somebody_in_while_it_lasts() -> None:
    """Cisco: "For the duration of the translation, a remote host can initiate a connection …" if a list permits."""
    found = asa("object network lan\n nat (inside,outside) dynamic pool")
    assert goes(found, "outside", "198.51.100.7 > 203.0.113.105 tcp/80") == "may"
    assert goes(found, "outside", "198.51.100.7 > 10.1.0.5 tcp/80") == "deny"
    closed = firewall(OBJECTS, "object network lan\n nat (inside,outside) dynamic pool")
    assert goes(closed, "outside", "198.51.100.7 > 203.0.113.105 tcp/80") == "deny"


def test_any_interface() -> None:
    found = asa("object network web\n nat (any,outside) static web-out")
    assert goes(found, "outside", "198.51.100.7 > 203.0.113.10 tcp/80") == "dmz"
    everywhere = asa("object network web\n nat (any,any) static web-out")
    assert becomes(everywhere, "inside", "10.1.0.5 > 203.0.113.10 tcp/80") == "10.1.0.5 > 10.2.0.10:80"


# -- order -----------------------------------------------------------------------------------------------------------


def test_the_order_of_the_manual() -> None:
    """The order that the configuration guide gives for its example, here with other addresses."""
    found = asa(*(
        f"object network {name}\n {what}\n nat (inside,outside) {how}"
        for name, what, how in (
            ("a-large", "subnet 192.168.5.0 255.255.255.0", "static 203.0.113.0"),
            ("b-large", "subnet 192.168.5.0 255.255.255.0", "dynamic interface"),
            ("c-low", "subnet 10.1.5.0 255.255.255.0", "static 198.18.0.0"),
            ("d-one", "host 192.168.5.1", "static 203.0.113.99"),
            ("def", "subnet 172.16.5.0 255.255.255.0", "dynamic interface"),
            ("abc", "subnet 172.16.5.0 255.255.255.0", "dynamic interface"),
        )
    ), "nat (inside,outside) after-auto source dynamic any interface",
        "nat (inside,outside) source static web web")  # fmt: skip
    order = [name.removeprefix("nat of object ") for name in names(found, Field.SRC)]
    seen = list(dict.fromkeys(order))
    assert seen[1:7] == ["d-one", "c-low", "a-large", "abc", "def", "b-large"]
    assert seen[0].startswith("nat line") and seen[7].startswith("nat line")


def test_a_line_number_says_where_in_the_section() -> None:
    found = asa(
        "nat (inside,outside) source dynamic lan web-out",
        "nat (inside,outside) 1 source dynamic lan interface",
    )
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "203.0.113.2 > 198.51.100.7:80"


def test_twice_before_objects_before_after_auto() -> None:
    auto = "object network lan\n nat (inside,outside) dynamic interface"
    after = "nat (inside,outside) after-auto source dynamic any web-out"
    first = "nat (inside,outside) source static lan lan destination static partner partner"
    found = asa(auto, after, first)
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "10.1.0.5 > 198.51.100.7:80"
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.8 tcp/80") == "203.0.113.2 > 198.51.100.8:80"
    assert becomes(found, "inside", "10.7.0.5 > 198.51.100.8 tcp/80") == "203.0.113.10 > 198.51.100.8:80"


# -- twice NAT -------------------------------------------------------------------------------------------------------


def test_a_twice_rule_without_destination_may_be_all_that_a_packet_meets() -> None:
    """NAT: "Even if you do not configure the optional destination address for twice NAT, a matching packet still only
    matches one twice NAT rule"."""
    server = "object network web\n nat (dmz,any) static web-out"
    lan, everybody = "nat (inside,outside) {} source dynamic lan interface", "10.1.0.5 > 203.0.113.10 tcp/80"
    first = asa(server, lan.format(""))
    assert goes(first, "inside", everybody) == "dmz|outside"
    assert goes(first, "outside", "192.0.2.1 > 203.0.113.10 tcp/80") == "dmz"
    assert goes(first, "inside", "10.1.0.5 > 192.0.2.1 tcp/80") == "outside"
    assert goes(asa(server, lan.format("after-auto")), "inside", everybody) == "dmz"
    assert goes(asa(server.replace("any", "outside"), lan.format("")), "inside", everybody) == "outside"


def test_twice_nat_of_both_ends_in_both_directions() -> None:
    found = asa("nat (inside,outside) source static lan branch destination static partner-as partner")
    assert becomes(found, "inside", "10.1.0.5 > 10.1.250.7 tcp/80") == "10.80.0.5 > 198.51.100.7:80"
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.8 tcp/80") == "10.1.0.5 > 198.51.100.8:80"
    assert becomes(found, "outside", "198.51.100.7 > 10.80.0.5 tcp/80") == "10.1.250.7 > 10.1.0.5:80"
    assert goes(found, "outside", "198.51.100.8 > 10.80.0.5 tcp/80") == "deny"


def test_the_interface_of_the_rule_decides_the_way_out() -> None:
    """10.1.250.7 is on a connected subnet of inside; the rule sends it outside."""
    found = asa("nat (inside,outside) source static lan lan destination static branch branch-as")
    assert goes(found, "inside", "10.1.0.5 > 10.80.0.5 tcp/80") == "outside"
    wrong = asa("route dmz 10.81.0.0 255.255.0.0 10.2.0.254 1",
                "nat (inside,outside) source static lan lan destination static branch branch-as")  # fmt: skip
    assert goes(wrong, "inside", "10.1.0.5 > 10.80.0.5 tcp/80") == "deny"


def test_identity_nat_keeps_addresses_and_exempts_from_later_rules() -> None:
    rules = (
        "nat (inside,outside) source static lan lan destination static branch branch no-proxy-arp route-lookup",
        "object network lan\n nat (inside,outside) dynamic interface",
    )
    found = asa(*rules)
    assert becomes(found, "inside", "10.1.0.5 > 10.80.0.9 tcp/80") == "10.1.0.5 > 10.80.0.9:80"
    assert becomes(found, "inside", "10.1.0.5 > 10.70.0.9 tcp/80") == "203.0.113.2 > 10.70.0.9:80"
    assert goes(found, "outside", "10.80.0.9 > 10.1.0.5 tcp/80") == "inside"
    assert goes(found, "outside", "10.70.0.9 > 10.1.0.5 tcp/80") == "deny"


def test_ports_of_services() -> None:
    out = asa(
        "nat (inside,outside) source dynamic lan interface destination static web-out partner service web-80 web-8080"
    )
    assert becomes(out, "inside", "10.1.0.5 > 203.0.113.10 tcp/80") == "203.0.113.2 > 198.51.100.7:8080"
    assert becomes(out, "inside", "10.1.0.5 > 203.0.113.10 tcp/81") == "10.1.0.5 > 203.0.113.10:81"
    into = asa("nat (dmz,outside) source static web interface service from-80 from-8080")
    assert becomes(into, "outside", "198.51.100.7 > 203.0.113.2 tcp/8080") == "198.51.100.7 > 10.2.0.10:80"


def test_unidirectional_and_inactive() -> None:
    one_way = asa("nat (dmz,outside) source static web web-out unidirectional")
    assert becomes(one_way, "dmz", "10.2.0.10 > 198.51.100.7 tcp/80") == "203.0.113.10 > 198.51.100.7:80"
    assert becomes(one_way, "outside", "198.51.100.7 > 203.0.113.77 tcp/80").startswith("198.51.100.7 > 203.0.113.77")
    off = asa("nat (dmz,outside) source static web web-out inactive")
    assert becomes(off, "dmz", "10.2.0.10 > 198.51.100.7 tcp/80") == "10.2.0.10 > 198.51.100.7:80"


def test_groups_are_mapped_in_their_order() -> None:
    found = asa(
        "object-group network real\n network-object host 10.2.0.20\n network-object host 10.2.0.11",
        "object-group network mapped\n network-object host 203.0.113.50\n network-object host 203.0.113.60",
        "nat (dmz,outside) source static real mapped",
    )
    assert becomes(found, "outside", "198.51.100.7 > 203.0.113.50 tcp/80") == "198.51.100.7 > 10.2.0.20:80"
    assert becomes(found, "outside", "198.51.100.7 > 203.0.113.60 tcp/80") == "198.51.100.7 > 10.2.0.11:80"


@pytest.mark.parametrize(
    "line",
    [
        "nat (inside,nowhere) source static lan lan",
        "nat (inside,outside) source static lan nowhere",
        "nat (inside,outside) source static both-lans web-out destination static any branch",
        "nat (inside,outside) source static lan lan frobnicate",
        "nat (inside,outside) source bent lan lan",
        "nat (inside,outside) static lan",
        "nat inside source static lan lan",
        "object network lan\n nat (inside,outside) static 2001:db8::1",
        "object network pool\n nat (dmz,outside) static pool-net",
    ],
)
def test_what_cannot_be_read_is_said(line: str) -> None:
    found = asa(line)
    (doubt,) = [d for d in found.uncertain if d.concern is Concern.NAT]
    assert doubt.text == line.rpartition("\n")[2].strip()


def test_a_route_against_the_translation_is_said() -> None:
    found = asa(
        "route inside 10.2.0.10 255.255.255.255 10.1.0.9 1", "object network web\n nat (dmz,outside) static web-out"
    )
    assert [d.concern for d in found.uncertain] == [Concern.ROUTING]


# -- before 8.3 ------------------------------------------------------------------------------------------------------


def old(*texts: str) -> Device:
    return firewall(OPEN, *texts, version=OLD)


def test_nat_and_global() -> None:
    found = old("global (outside) 1 interface", "nat (inside) 1 10.1.0.0 255.255.0.0", "nat (dmz) 1 0.0.0.0 0.0.0.0")
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "203.0.113.2 > 198.51.100.7:80"
    assert becomes(found, "inside", "10.1.0.5 > 10.2.0.9 tcp/80") == "10.1.0.5 > 10.2.0.9:80"
    pool = old("global (outside) 2 203.0.113.100-203.0.113.101 netmask 255.255.255.0", "nat (inside) 2 0 0")
    assert becomes(pool, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "203.0.113.100|203.0.113.101 > 198.51.100.7:80"


def test_exemption_static_policy_and_best_match() -> None:
    found = old(
        "access-list NONAT extended permit ip 10.1.0.0 255.255.0.0 10.80.0.0 255.255.0.0",
        "access-list POL extended permit ip 10.1.0.0 255.255.0.0 host 198.51.100.7",
        "global (outside) 1 interface",
        "global (outside) 2 203.0.113.20",
        "global (outside) 3 203.0.113.30",
        "nat (inside) 0 access-list NONAT",
        "nat (inside) 2 access-list POL",
        "nat (inside) 1 10.1.0.0 255.255.0.0",
        "nat (inside) 3 10.1.9.0 255.255.255.0",
        "static (inside,outside) 203.0.113.40 10.1.0.40 netmask 255.255.255.255",
    )
    assert becomes(found, "inside", "10.1.0.40 > 10.80.0.9 tcp/80") == "10.1.0.40 > 10.80.0.9:80"
    assert becomes(found, "inside", "10.1.0.40 > 198.51.100.7 tcp/80") == "203.0.113.40 > 198.51.100.7:80"
    assert becomes(found, "inside", "10.1.9.5 > 198.51.100.7 tcp/80") == "203.0.113.20 > 198.51.100.7:80"
    assert becomes(found, "inside", "10.1.9.5 > 198.51.100.8 tcp/80") == "203.0.113.30 > 198.51.100.8:80"
    assert becomes(found, "inside", "10.1.0.5 > 198.51.100.8 tcp/80") == "203.0.113.2 > 198.51.100.8:80"
    assert goes(found, "outside", "10.80.0.9 > 10.1.0.5 tcp/80") == "inside"
    assert goes(found, "outside", "10.70.0.9 > 10.1.0.5 tcp/80") == "deny"


def test_static_pat_and_static_by_list() -> None:
    pat = old("static (dmz,outside) tcp interface 8080 10.2.0.10 www netmask 255.255.255.255")
    assert becomes(pat, "outside", "198.51.100.7 > 203.0.113.2 tcp/8080") == "198.51.100.7 > 10.2.0.10:80"
    by_list = old(
        "access-list P extended permit ip host 10.2.0.10 host 198.51.100.7",
        "static (dmz,outside) 203.0.113.70 access-list P",
    )
    assert becomes(by_list, "outside", "198.51.100.7 > 203.0.113.70 tcp/80") == "198.51.100.7 > 10.2.0.10:80"
    assert becomes(by_list, "dmz", "10.2.0.10 > 198.51.100.8 tcp/80") == "10.2.0.10 > 198.51.100.8:80"


def test_a_list_out_sees_the_mapped_source_before_8_3() -> None:
    lists = ("access-list O extended permit ip host 203.0.113.2 any", "access-group O out interface outside")
    found = old("global (outside) 1 interface", "nat (inside) 1 0 0", *lists)
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "outside"
    new = asa("object network lan\n nat (inside,outside) dynamic interface", *lists)
    assert goes(new, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "deny"


def test_nat_control() -> None:
    found = old("nat-control", "global (outside) 1 interface", "nat (inside) 1 10.1.0.0 255.255.255.0")
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "outside"
    assert goes(found, "inside", "10.1.7.5 > 198.51.100.7 tcp/80") == "deny"
    assert goes(found, "inside", "10.1.0.5 > 10.2.0.9 tcp/80") == "deny"


@pytest.mark.parametrize(
    "line",
    [
        "static (inside,outside) 203.0.113.9 access-list NONE",
        "static (inside,outside) 203.0.113.9 10.1.0.9 netmask 255.0.255.0",
        "nat (inside) 0 access-list NONE",
        "nat (nowhere) 1 0 0",
        "global (outside) x interface",
        "alias (inside) 10.1.0.9 203.0.113.9 255.255.255.255",
    ],
)
def test_old_lines_that_cannot_be_read_are_said(line: str) -> None:
    (doubt,) = old(line).uncertain
    assert (doubt.text, doubt.concern) == (line, Concern.NAT)


def test_old_syntax_without_a_version_is_recognised() -> None:
    text = "interface E0\n nameif outside\n ip address 203.0.113.2 255.255.255.0\ninterface E1\n nameif inside\n"
    text += " ip address 10.1.0.1 255.255.255.0\nstatic (inside,outside) 203.0.113.9 10.1.0.9 netmask 255.255.255.255\n"
    text += "access-list A extended permit ip any host 203.0.113.9\naccess-group A in interface outside"
    (found,) = read(text).devices
    assert becomes(found, "outside", "198.51.100.7 > 203.0.113.9 tcp/80") == "198.51.100.7 > 10.1.0.9:80"
    assert VERSION not in text
