"""Stateless firewall filters, as Juniper's guide to routing policies and firewall filters has them."""

from __future__ import annotations

import pytest

from tests.parsers.junos_run import DMZ, LAN, WAN, device, goes, open_lines, policy, srx

ROUTER = """
set version 21.4R3
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/24
set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:2::1/64
set interfaces lo0 unit 0 family inet address 10.9.9.9/32
"""
IN = "set interfaces ge-0/0/1 unit 0 family inet filter"
F = "set firewall family inet filter F"
WEB, SSH = "10.1.0.5 > 10.2.0.5 tcp/80", "10.1.0.5 > 10.2.0.5 tcp/22"


def router(*lines: str):  # type: ignore[no-untyped-def]
    return device(ROUTER + "\n".join(lines))


def term(name: str, *lines: str) -> str:
    return "\n".join(f"{F} term {name} {line}" for line in lines)


def test_without_a_filter_a_router_forwards() -> None:
    assert goes(router(), LAN, WEB) == DMZ


def test_terms_in_order_and_what_none_takes_is_discarded() -> None:
    found = router(
        f"{IN} input F", term("web", "from protocol tcp", "from destination-port [ http https ]", "then accept")
    )
    assert (goes(found, LAN, WEB), goes(found, LAN, SSH)) == (DMZ, "deny")
    assert goes(found, DMZ, "10.2.0.5 > 10.1.0.5 tcp/22") == LAN  # the filter is on the other interface
    assert goes(found, LAN, "2001:db8:1::5 > 2001:db8:2::5 tcp/22") == DMZ  # and for IPv4


def test_a_term_without_from_takes_all_and_one_without_action_accepts() -> None:
    assert goes(router(f"{IN} input F", term("count", "then count c")), LAN, SSH) == DMZ
    assert goes(router(f"{IN} input F", term("no", "then discard")), LAN, SSH) == "deny"
    assert goes(router(f"{IN} input F", term("web", "from protocol tcp")), LAN, SSH) == DMZ


def test_next_term_goes_on() -> None:
    found = router(f"{IN} input F", term("a", "then count c", "then next term"), term("b", "then discard"))
    assert goes(found, LAN, SSH) == "deny"


def test_output_filters_and_those_of_ipv6() -> None:
    out = router("set interfaces ge-0/0/2 unit 0 family inet filter output F", term("a", "then reject"))
    assert (goes(out, LAN, WEB), goes(out, DMZ, "10.2.0.5 > 10.1.0.5 tcp/80")) == ("deny", LAN)
    six = router(
        "set interfaces ge-0/0/1 unit 0 family inet6 filter input S",
        "set firewall family inet6 filter S term ping from next-header icmp6",
        "set firewall family inet6 filter S term ping from icmp-type echo-request",
        "set firewall family inet6 filter S term ping then accept",
    )
    assert goes(six, LAN, "2001:db8:1::5 > 2001:db8:2::5 icmp6/128") == DMZ
    assert goes(six, LAN, "2001:db8:1::5 > 2001:db8:2::5 icmp6/133") == "deny"
    assert goes(six, LAN, WEB) == DMZ


def test_a_list_of_filters_is_one_filter() -> None:
    found = router(
        f"{IN} input-list [ A B ]",
        "set firewall family inet filter A term ssh from protocol tcp",
        "set firewall family inet filter A term ssh from port ssh",
        "set firewall family inet filter A term ssh then discard",
        "set firewall filter B term rest from source-address 10.1.0.0/24",
        "set firewall filter B term rest then accept",
    )
    assert (goes(found, LAN, WEB), goes(found, LAN, SSH)) == (DMZ, "deny")
    assert goes(found, LAN, "10.7.0.5 > 10.2.0.5 tcp/80") == "deny"


def test_the_longest_prefix_decides_except_or_not() -> None:
    found = router(
        f"{IN} input F",
        term("a", "from source-address 10.1.0.0/16", "from source-address 10.1.0.0/24 except",
             "from source-address 10.1.0.5/32", "then accept"),
    )  # fmt: skip
    assert goes(found, LAN, WEB) == DMZ
    assert goes(found, LAN, "10.1.0.6 > 10.2.0.5 tcp/80") == "deny"
    assert goes(found, LAN, "10.1.7.6 > 10.2.0.5 tcp/80") == DMZ
    only = router(f"{IN} input F", term("a", "from source-address 10.1.0.0/24 except", "then accept"))
    assert goes(only, LAN, "10.7.0.5 > 10.2.0.5 tcp/80") == "deny"  # everything else is "except" as well


def test_prefix_lists_and_what_they_gather_by_path() -> None:
    found = router(
        f"{IN} input F",
        "set policy-options prefix-list servers 10.2.0.5/32",
        'set policy-options prefix-list mine apply-path "interfaces <*> unit <*> family inet address <*>"',
        term("a", "from source-prefix-list mine", "from destination-prefix-list servers", "then accept"),
    )
    assert goes(found, LAN, WEB) == DMZ
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.6 tcp/80") == "deny"
    assert goes(found, LAN, "10.5.0.5 > 10.2.0.5 tcp/80") == "deny"


def test_a_prefix_list_with_except() -> None:
    found = router(
        f"{IN} input F",
        "set policy-options prefix-list bad 10.1.0.5/32",
        term("a", "from source-address 0.0.0.0/0", "from source-prefix-list bad except", "then accept"),
    )
    assert (goes(found, LAN, WEB), goes(found, LAN, "10.1.0.6 > 10.2.0.5 tcp/80")) == ("deny", DMZ)


def test_masks_with_holes_and_addresses_in_either_place() -> None:
    mask = router(f"{IN} input F", term("a", "from source-address 10.0.0.5/255.0.0.255", "then accept"))
    assert (goes(mask, LAN, WEB), goes(mask, LAN, "10.1.0.6 > 10.2.0.5 tcp/80")) == (DMZ, "deny")
    either = router(f"{IN} input F", term("a", "from address 10.2.0.5/32", "then accept"))
    assert (goes(either, LAN, WEB), goes(either, LAN, "10.1.0.5 > 10.2.0.6 tcp/80")) == (DMZ, "deny")


@pytest.mark.parametrize(("conditions", "passes", "denied"), [
    (["protocol tcp", "tcp-established"], (WEB, 16), (WEB, 2)),
    (["protocol tcp", "tcp-initial"], (WEB, 2), (WEB, 18)),
    (["protocol tcp", 'tcp-flags "(syn & !ack) | rst"'], (WEB, 4), (WEB, 16)),
    (["protocol tcp", "destination-port-except 22"], (WEB, 2), (SSH, 2)),
    (["protocol-except tcp"], ("10.1.0.5 > 10.2.0.5 udp/53", 0), (WEB, 2)),
    (["protocol icmp", "icmp-type [ echo-request echo-reply ]"], ("10.1.0.5 > 10.2.0.5 icmp/0", 0),
     ("10.1.0.5 > 10.2.0.5 icmp/3", 0)),
    (["protocol tcp", "port 1024-65535"], ("10.1.0.5 > 10.2.0.5 tcp/80", 2), ("10.1.0.5 > 10.2.0.5 icmp/8", 0)),
])  # fmt: skip
def test_conditions(conditions: list[str], passes: tuple[str, int], denied: tuple[str, int]) -> None:
    found = router(f"{IN} input F", term("a", *(f"from {c}" for c in conditions), "then accept"))
    assert goes(found, LAN, passes[0], flags=passes[1]) == DMZ
    assert goes(found, LAN, denied[0], flags=denied[1]) == "deny"


def test_fragments() -> None:
    found = router(f"{IN} input F", term("a", "from is-fragment", "then discard"), term("b", "then accept"))
    assert goes(found, LAN, WEB, fragment=1) == "deny"
    assert goes(found, LAN, WEB) == DMZ


def test_a_port_without_protocol_is_open_for_packets_without_ports() -> None:
    found = router(f"{IN} input F", term("a", "from destination-port 80", "then accept"))
    assert (goes(found, LAN, WEB), goes(found, LAN, SSH)) == (DMZ, "deny")
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 esp") == "may"


@pytest.mark.parametrize("condition", ["dscp ef", "ttl 1", "packet-length 100-200", "ip-options any", "first-fragment",
                                       "something-new 3", "source-prefix-list nowhere", "protocol bogus"])  # fmt: skip
def test_conditions_that_cannot_be_decided_are_open(condition: str) -> None:
    lines = (f"{IN} input F", term("a", f"from {condition}", "then accept"))
    assert goes(router(*lines), LAN, WEB) == "may"
    assert all(m.bounded for m in router(*lines).uncertain) or not router(*lines).uncertain
    assert open_lines(*lines)


def test_an_action_that_is_not_known_and_a_filter_that_is_not_there_are_open() -> None:
    assert goes(router(f"{IN} input F", term("a", "then decapsulate gre")), LAN, WEB) == "may"
    assert goes(router(f"{IN} input F"), LAN, WEB) == "may"


def test_a_filter_in_a_term_and_one_in_itself() -> None:
    g = "set firewall family inet filter G term web"
    inner = f"{g} from protocol tcp\n{g} then discard"
    found = router(f"{IN} input F", inner, term("a", "filter G"), term("b", "then accept"))
    assert (goes(found, LAN, WEB), goes(found, LAN, "10.1.0.5 > 10.2.0.5 udp/1")) == ("deny", DMZ)
    assert goes(router(f"{IN} input F", term("a", "filter F"), term("b", "then accept")), LAN, WEB) == "may"


def test_the_filter_of_lo0_is_for_the_device_itself_by_any_interface() -> None:
    found = router(
        "set interfaces lo0 unit 0 family inet filter input F",
        term("ssh", "from source-address 10.1.0.0/24", "from protocol tcp", "from destination-port ssh", "then accept"),
    )
    assert goes(found, LAN, "10.1.0.5 > 10.9.9.9 tcp/22") == "local"
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/23") == "deny"
    assert goes(found, DMZ, "10.2.0.5 > 10.9.9.9 tcp/22") == "deny"
    assert goes(found, LAN, WEB) == DMZ


FBF = (
    "set interfaces ge-0/0/1 unit 0 family inet filter input F",
    "set firewall family inet filter F term web from protocol tcp",
    "set firewall family inet filter F term web from destination-port 80",
    "set firewall family inet filter F term web then routing-instance proxy",
    "set firewall family inet filter F term rest then accept",
    "set routing-instances proxy instance-type forwarding",
    "set routing-instances proxy routing-options static route 0.0.0.0/0 next-hop 10.2.0.99",
    "set routing-options interface-routes rib-group inet leak",
    "set routing-options rib-groups leak import-rib [ inet.0 proxy.inet.0 ]",
)


def test_a_filter_may_choose_the_routing_instance() -> None:
    found = srx(*FBF, policy("trust>dmz"), policy("trust>untrust"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/443") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == "into proxy"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80", "proxy") == DMZ
    assert open_lines(*FBF) == ()


def test_a_filter_may_choose_the_next_hop() -> None:
    lines = (FBF[0], *FBF[1:3], f"{F} term web then next-ip 10.2.0.99", f"{F} term rest then accept")
    found = srx(*lines, policy("trust>dmz"), policy("trust>untrust"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == DMZ
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/443") == WAN


def test_packets_in_packet_mode_meet_no_policy() -> None:
    lines = (
        FBF[0],
        *FBF[1:3],
        f"{F} term web then packet-mode",
        f"{F} term web then accept",
        f"{F} term rest then accept",
    )
    found = srx(*lines)
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/443") == "deny"


def test_filters_come_before_policies_on_a_security_device() -> None:
    web = term("web", "from protocol tcp", "from destination-port 80", "then accept")
    found = srx(f"{IN} input F", web, policy("trust>untrust"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/443") == "deny"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == WAN


def test_an_instance_has_the_filter_of_its_own_lo0_or_that_of_the_device() -> None:
    found = router(
        "set interfaces lo0 unit 0 family inet filter input F",
        term("no", "then discard"),
        "set interfaces lo0 unit 1 family inet address 10.9.9.8/32",
        "set interfaces lo0 unit 1 family inet filter input G",
        "set firewall family inet filter G term all then accept",
        "set routing-instances A instance-type virtual-router",
        "set routing-instances A interface ge-0/0/2.0",
        "set routing-instances A interface lo0.1",
        "set interfaces ge-0/0/3 unit 0 family inet address 10.3.0.1/24",
        "set routing-instances B instance-type virtual-router",
        "set routing-instances B interface ge-0/0/3.0",
    )
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/22") == "deny"
    assert goes(found, DMZ, "10.2.0.5 > 10.9.9.8 tcp/22", "A") == "local"
    assert goes(found, "ge-0/0/3.0", "10.3.0.5 > 10.3.0.1 tcp/22", "B") == "deny"


def test_an_instance_that_is_not_there_leaves_routing_undetermined() -> None:
    lines = (f"{IN} input F", term("a", "then routing-instance nowhere"))
    assert [m.concern.value for m in open_lines(*lines)] == ["routing"]


def test_long_prefix_lists_are_put_together_at_once() -> None:
    prefixes = [f"set policy-options prefix-list big 10.{n // 256}.{n % 256}.0/25" for n in range(20_000)]
    found = router(f"{IN} input F", *prefixes, term("a", "from source-prefix-list big", "then accept"))
    assert (goes(found, LAN, WEB), goes(found, LAN, "10.1.0.200 > 10.2.0.5 tcp/80")) == (DMZ, "deny")


def test_filters_that_ask_filters_do_not_multiply() -> None:
    """Six levels of ten terms that each ask the next filter: a million terms, were they written out."""
    lines = [f"set firewall family inet filter f{n} term t{k} filter f{n + 1}" for n in range(6) for k in range(10)]
    last = "set firewall family inet filter f6 term ssh"
    lines += [f"{last} from protocol tcp", f"{last} from destination-port ssh", f"{last} then discard"]
    found = router(f"{IN} input f0", *lines, "set firewall family inet filter f0 term rest then accept")
    assert sum(len(asked.rules) for asked in found.vrfs[0].lists.values()) == 51
    assert goes(found, LAN, SSH) == "deny"
