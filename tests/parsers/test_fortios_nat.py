"""FortiGate address translation: VIPs in every shape, IP pools, reverse translation, central NAT, hairpins."""

from __future__ import annotations

import pytest

from tests.parsers.fortios_run import (
    INTERFACES,
    ROUTES,
    becomes,
    entry,
    firewall,
    goes,
    header,
    policies,
    policy,
    read,
    result,
    table,
)
from tests.parsers.packet_run import packet
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Concern, Translate
from zoneguard.model.match import Field
from zoneguard.static.trace import Outcome


def vips(*entries: str) -> str:
    return table("firewall vip", *entries)


def vip(name: str, *sets: str) -> str:
    return entry(name, 'set extintf "wan"', *sets)


def published(*names: str, **words: str) -> str:
    return policies(policy(1, **({"srcintf": "wan", "dstintf": "dmz", "dstaddr": " ".join(names)} | words)))


ONE = vip("one", "set extip 203.0.113.80", 'set mappedip "10.2.0.80"')


def test_one_address_onto_another() -> None:
    found = firewall(vips(ONE), published("one"))
    assert becomes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/443") == "198.51.100.7 > 10.2.0.80:443"
    assert becomes(found, "wan", "198.51.100.7 > 203.0.113.80 icmp/8") == "198.51.100.7 > 10.2.0.80"
    (way,) = result(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/443").may
    assert [d.name for d in way.decisions if d.kind == "nat"] == ["VIP one"]


def test_a_range_keeps_its_order() -> None:
    for mapped in ("10.2.0.80-10.2.0.89", "10.2.0.80"):  # the end may be left out: it follows from the outer range
        text = vips(vip("range", "set extip 203.0.113.10-203.0.113.19", f'set mappedip "{mapped}"'))
        found = firewall(text, published("range"))
        assert becomes(found, "wan", "198.51.100.7 > 203.0.113.13 tcp/22") == "198.51.100.7 > 10.2.0.83:22"
        assert goes(found, "wan", "198.51.100.7 > 203.0.113.20 tcp/22") == "deny"


@pytest.mark.parametrize(
    ("sets", "outer", "inner"),
    [
        (["set extport 8080", "set mappedport 80"], "tcp/8080", 80),
        (["set extport 443"], "tcp/443", 443),
        (["set extport 1000-1009", "set mappedport 2000-2009"], "tcp/1003", 2003),
        (["set extport 1000-1009", "set mappedport 2000"], "tcp/1003", 2003),
        (["set extport 1000-1009", "set mappedport 2000", "set portmapping-type m-to-n"], "tcp/1003", 2000),
        (["set protocol udp", "set extport 5353", "set mappedport 53"], "udp/5353", 53),
    ],
)
def test_port_forwarding(sets: list[str], outer: str, inner: int) -> None:
    text = vip("fwd", "set extip 203.0.113.80", 'set mappedip "10.2.0.80"', "set portforward enable", *sets)
    found = firewall(vips(text), published("fwd"))
    assert becomes(found, "wan", f"198.51.100.7 > 203.0.113.80 {outer}") == f"198.51.100.7 > 10.2.0.80:{inner}"
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/9999") == "deny"
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 icmp/8") == "deny"


def test_the_address_of_the_outer_interface() -> None:
    text = vip("if", "set extip 0.0.0.0", 'set mappedip "10.2.0.80"', "set portforward enable", "set extport 443")
    found = firewall(vips(text), published("if"))
    assert becomes(found, "wan", "198.51.100.7 > 203.0.113.1 tcp/443") == "198.51.100.7 > 10.2.0.80:443"
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.1 tcp/179") == "may", "the device itself, as without the VIP"


def test_filters_of_a_vip() -> None:
    text = vip(
        "lim", "set extip 203.0.113.80", 'set mappedip "10.2.0.80"',
        'set src-filter "198.51.100.0/25" "198.51.100.200-198.51.100.210"', 'set service "HTTPS"',
    )  # fmt: skip
    found = firewall(vips(text), published("lim"))
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/443") == "dmz"
    assert goes(found, "wan", "198.51.100.205 > 203.0.113.80 tcp/443") == "dmz"
    assert goes(found, "wan", "198.51.100.150 > 203.0.113.80 tcp/443") == "deny"
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/80") == "deny"


def test_a_vip_listens_everywhere_unless_filtered() -> None:
    """Administration guide, "Static virtual IPs": the external interface limits the policies, not the listening."""
    policy_ = policies(policy(1, srcintf="any", dstintf="any", dstaddr="one"))
    assert goes(firewall(vips(ONE), policy_), "lan", "10.1.0.5 > 203.0.113.80 tcp/443") == "dmz"
    limited = ONE.replace("set extip", "set srcintf-filter wan\n        set extip")
    found = firewall(vips(limited), policy_)
    assert goes(found, "lan", "10.1.0.5 > 203.0.113.80 tcp/443") == "deny"
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/443") == "dmz"


def test_vips_are_in_force_where_a_policy_in_force_names_them() -> None:
    """Knowledge base 350101 and 261055; the order is that of the table of VIPs."""
    two = vip("two", "set extip 203.0.113.80", 'set mappedip "10.2.0.81"')
    for text, names in ((published("two", status="disable"), []), (published("one", "two"), ["VIP one", "VIP two"]),
                        (published("two"), ["VIP two"]), (published("one", action="deny"), ["VIP one"])):  # fmt: skip
        found = firewall(vips(ONE, two), text)
        stages = [s for s in found.vrfs[0].stages if isinstance(s, Translate) and s.field is Field.DST]
        assert [r.name for s in stages for r in s.rules.rules] == names
    both = firewall(vips(ONE, two), published("one", "two"))
    assert becomes(both, "wan", "198.51.100.7 > 203.0.113.80 tcp/22") == "198.51.100.7 > 10.2.0.80:22"


VERSIONS = [
    ("6.4.8", "deny"), ("6.4.9", "wan"), ("6.4.15", "wan"), ("7.0.0", "deny"), ("7.0.1", "wan"), ("7.0.12", "wan"),
    ("7.0.13", "deny"), ("7.2.0", "wan"), ("7.2.5", "wan"), ("7.2.6", "deny"), ("7.4.0", "wan"), ("7.4.1", "deny"),
    ("7.6.2", "deny"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "verdict"), VERSIONS)
def test_outer_addresses_are_the_devices_own(version: str, verdict: str) -> None:
    """Knowledge base 277823, 288894, 189573: a VIP or an IP pool takes its addresses, used or not, if it answers."""
    pool = pools(entry("p", "set startip 203.0.113.20", "set endip 203.0.113.29"))
    everything = policies(policy(2, srcintf="any", dstintf="any"))
    found = firewall(vips(ONE), pool, everything, version=version)
    for address in ("203.0.113.25", "203.0.113.80"):
        assert goes(found, "lan", f"10.1.0.5 > {address} tcp/443") == verdict
    assert goes(found, "lan", "10.1.0.5 > 203.0.113.81 tcp/443") == "wan"
    quiet = [t.replace("set e", "set arp-reply disable\n        set e", 1) for t in (vips(ONE), pool)]
    silent = firewall(*quiet, everything, version=version)
    for address in ("203.0.113.25", "203.0.113.80"):
        assert goes(silent, "lan", f"10.1.0.5 > {address} tcp/443") == "wan"


def test_whether_outer_addresses_are_its_own_is_open_where_no_version_is_told() -> None:
    pool = pools(entry("p", "set startip 203.0.113.20", "set endip 203.0.113.29"))
    everything = policies(policy(2, srcintf="any", dstintf="any"))
    (found,) = read(INTERFACES + ROUTES + "\n".join((vips(ONE), pool, everything))).devices
    for address in ("203.0.113.25", "203.0.113.80"):
        assert goes(found, "lan", f"10.1.0.5 > {address} tcp/443") == "may"


def test_groups_of_vips() -> None:
    two = vip("two", "set extip 203.0.113.81", 'set mappedip "10.2.0.81"')
    groups = table("firewall vipgrp", entry("g", "set member one h"), entry("h", "set member two g"))
    found = firewall(vips(ONE, two), groups, published("g"))
    assert becomes(found, "wan", "198.51.100.7 > 203.0.113.81 tcp/22") == "198.51.100.7 > 10.2.0.81:22"


def balanced(*sets: str, servers: tuple[str, ...]) -> str:
    inner = "\n".join(f"            edit {n}\n                {s}\n            next" for n, s in enumerate(servers, 1))
    lines = "\n".join(f"        {s}" for s in sets)
    return vips(
        f'    edit "lb"\n        set type server-load-balance\n        set extip 203.0.113.80\n{lines}\n'
        f'        set extintf "wan"\n        config realservers\n{inner}\n        end\n    next'
    )


def test_load_balancing_reaches_any_active_server() -> None:
    text = balanced(
        "set server-type https", "set extport 443", "set monitor health",
        servers=("set ip 10.2.0.81", "set ip 10.2.0.82\n                set weight 3",
                 "set ip 10.2.0.83\n                set status disable"),
    )  # fmt: skip
    found = firewall(text, published("lb"))
    assert becomes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/443") == "198.51.100.7 > 10.2.0.81|10.2.0.82:443"
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 udp/443") == "deny"


def test_servers_on_different_ports_are_different_ways() -> None:
    text = balanced(
        "set server-type tcp", "set extport 80",
        servers=("set ip 10.2.0.81\n                set port 8081", "set ip 10.2.0.82\n                set port 8082"),
    )  # fmt: skip
    found = firewall(text, published("lb"))
    ways = {(w.packet.dst, w.packet.dport) for w in result(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/80").may}
    assert ways == {(parse_address("10.2.0.81"), 8081), (parse_address("10.2.0.82"), 8082)}


def test_a_plain_load_balancer_and_all_of_ip() -> None:
    plain = vip("lb", "set type load-balance", "set extip 203.0.113.80", 'set mappedip "10.2.0.81-10.2.0.82"')
    found = firewall(vips(plain), published("lb"))
    assert becomes(found, "wan", "198.51.100.7 > 203.0.113.80 gre") == "198.51.100.7 > 10.2.0.81|10.2.0.82"
    text = balanced("set server-type ip", servers=("set ip 10.2.0.81",))
    assert goes(firewall(text, published("lb")), "wan", "198.51.100.7 > 203.0.113.80 gre") == "dmz"


@pytest.mark.parametrize(
    "sets",
    [
        ["set type fqdn", "set extip 203.0.113.80", 'set mapped-addr "server.example"'],
        ["set extip 203.0.113.80"],
        ["set extip 203.0.113.80", 'set mappedip "10.2.0.x"'],
        ["set extip 203.0.113.80", 'set mappedip "10.2.0.80"', "set portforward enable", "set extport 80-x"],
        ["set extip 203.0.113.80", 'set mappedip "10.2.0.80"', 'set src-filter "x"'],
        ["set extip 203.0.113.80", "set nat46 enable", "set nat44 disable", "set ipv6-mappedip 2001:db8::1"],
    ],
)
def test_vips_that_cannot_be_read_are_open(sets: list[str]) -> None:
    everywhere = policies(policy(1, srcintf="wan", dstintf="any", dstaddr="v"))
    step = result(firewall(vips(vip("v", *sets)), everywhere), "wan", "198.51.100.7 > 203.0.113.80 tcp/443")
    assert step.outcome is Outcome.UNDETERMINED or len(step.may) > 1
    parsed = read(header("7.2.8") + INTERFACES + vips(vip("v", *sets)) + "\n" + everywhere)
    assert parsed.account.not_understood
    assert all(m.bounded for m in parsed.account.not_understood)


def test_an_access_proxy_is_uncertain_and_dns_translation_is_not() -> None:
    proxy = firewall(vips(vip("p", "set type access-proxy", "set extip 203.0.113.80")), published("p"))
    assert [u.concern for u in proxy.uncertain] == [Concern.NAT]
    dns = vip("d", "set type dns-translation", "set extip 203.0.113.80", 'set mappedip "10.2.0.80"')
    found = firewall(vips(dns), policies(policy(1)))
    assert not found.uncertain
    assert not [s for s in found.vrfs[0].stages if isinstance(s, Translate)]


def test_vips_for_ipv6() -> None:
    six = table("firewall vip6", entry("v6", "set extip 2001:db8:ffff::80", "set mappedip 2001:db8:1::80"))
    words = {"srcintf": "wan", "dstintf": "six", "srcaddr": "", "dstaddr": ""}
    found = firewall(six, policies(policy(1, "set srcaddr6 all", "set dstaddr6 v6", **words)))
    assert becomes(found, "wan", "2001:db8:9::1 > 2001:db8:ffff::80 tcp/443") == "2001:db8:9::1 > 2001:db8:1::80:443"


def test_turning_round_at_a_vip_needs_a_policy_each_way() -> None:
    """Knowledge base 195448: one policy towards the outer interface, one from there to the server."""
    inbound = policy(1, srcintf="wan", dstintf="dmz", dstaddr="one")
    turning = "10.1.0.5 > 203.0.113.80 tcp/443"
    assert goes(firewall(vips(ONE), policies(inbound)), "lan", turning) == "deny"
    assert goes(firewall(vips(ONE), policies(inbound, policy(2))), "lan", turning) == "may"
    elsewhere = table("firewall address", entry("else", "set subnet 192.0.2.0/24"))
    found = firewall(vips(ONE), elsewhere, policies(inbound, policy(2, dstaddr="else")))
    assert goes(found, "lan", turning) == "deny"


def test_a_packet_that_turns_round_gets_the_devices_address() -> None:
    """Knowledge base 387993."""
    here = policies(policy(1, srcintf="dmz", dstintf="dmz", dstaddr="one"))
    found = firewall(vips(ONE), here)
    assert becomes(found, "dmz", "10.2.0.5 > 203.0.113.80 tcp/443") == "10.2.0.1 > 10.2.0.80:443"
    off = firewall(vips(ONE), here, table("system settings", "    set snat-hairpin-traffic disable"))
    assert becomes(off, "dmz", "10.2.0.5 > 203.0.113.80 tcp/443") == "10.2.0.5 > 10.2.0.80:443"


OUT = "10.1.0.5 > 192.0.2.1 tcp/80"


def pools(*entries: str) -> str:
    return table("firewall ippool", *entries)


def test_nat_to_the_outgoing_interface() -> None:
    assert becomes(firewall(policies(policy(1, nat="enable"))), "lan", OUT) == "203.0.113.1 > 192.0.2.1:80"
    assert becomes(firewall(policies(policy(1, nat="disable"))), "lan", OUT) == "10.1.0.5 > 192.0.2.1:80"
    assert becomes(firewall(policies(policy(1))), "lan", OUT) == "10.1.0.5 > 192.0.2.1:80"


def test_the_policy_that_took_the_packet_decides_its_translation() -> None:
    found = firewall(policies(policy(1, service="HTTP"), policy(2, nat="enable"), policy(3)))
    assert becomes(found, "lan", OUT) == "10.1.0.5 > 192.0.2.1:80"
    assert becomes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/443") == "203.0.113.1 > 192.0.2.1:443"
    # by users: whichever way it goes, accepted by 1 means not translated
    found = firewall(policies(policy(1, 'set groups "g"'), policy(2, nat="enable")))
    ways = {w.packet.src for w in result(found, "lan", OUT).may}
    assert ways == {parse_address("10.1.0.5"), parse_address("203.0.113.1")}
    disabled = firewall(policies(policy(1, status="disable"), policy(2, nat="enable")))
    assert becomes(disabled, "lan", OUT) == "203.0.113.1 > 192.0.2.1:80"


def test_pools_and_ports() -> None:
    pool = pools(entry("p", "set startip 203.0.113.20", "set endip 203.0.113.21"), entry("q", "set type one-to-one",
                 "set startip 203.0.113.30", "set endip 203.0.113.30"))  # fmt: skip
    using = {"nat": "enable", "ippool": "enable"}
    found = firewall(pool, policies(policy(1, "set poolname p q", **using)))
    assert becomes(found, "lan", OUT) == "203.0.113.20|203.0.113.21|203.0.113.30 > 192.0.2.1:80"
    (way,) = result(found, "lan", OUT).may
    assert 50000 in dict(way.pools)[Field.SPORT]
    for lines, version, ports in ((["set poolname p"], "6.4.4", (5117, 65532)), (["set poolname q"], "6.4.4", None),
                                  (["set poolname p", "set fixedport enable"], "7.2.8", None)):  # fmt: skip
        (way,) = result(firewall(pool, policies(policy(1, *lines, **using)), version=version), "lan", OUT).may
        chosen = dict(way.pools).get(Field.SPORT)
        assert (chosen.spans[0] if chosen else None) == ports
    ignored = firewall(pool, policies(policy(1, "set poolname p", nat="enable")))
    assert becomes(ignored, "lan", OUT) == "203.0.113.1 > 192.0.2.1:80", "ippool is not enabled"


def test_a_pool_that_is_not_defined_leaves_the_source_open() -> None:
    text = policies(policy(1, "set ippool enable", "set poolname gone", nat="enable"))
    (way,) = result(firewall(text), "lan", OUT).may
    assert dict(way.pools)[Field.SRC].size == 1 << 32
    parsed = read(header("7.2.8") + INTERFACES + text)
    assert [(m.text, m.concern) for m in parsed.account.not_understood] == [("set poolname gone", Concern.NAT)]


def outbound(*lines: str, **words: str) -> str:
    inbound = policy(1, srcintf="wan", dstintf="dmz", dstaddr="one")
    return policies(inbound, policy(2, *lines, **({"srcintf": "dmz", "nat": "enable"} | words)))


MAPPED = "10.2.0.80 > 192.0.2.1 tcp/80"


def test_a_vip_translates_its_host_in_reverse() -> None:
    """Knowledge base 189947: where the policy translates, and by the outer interface only."""
    found = firewall(vips(ONE), outbound())
    assert becomes(found, "dmz", MAPPED) == "203.0.113.80 > 192.0.2.1:80"
    assert becomes(found, "dmz", "10.2.0.81 > 192.0.2.1 tcp/80") == "203.0.113.1 > 192.0.2.1:80"
    assert becomes(firewall(vips(ONE), outbound(nat="disable")), "dmz", MAPPED) == "10.2.0.80 > 192.0.2.1:80"
    inward = firewall(vips(ONE), outbound(dstintf="lan"))
    assert becomes(inward, "dmz", "10.2.0.80 > 10.1.0.5 tcp/80") == "10.1.0.1 > 10.1.0.5:80"
    unused = firewall(vips(ONE), policies(policy(2, srcintf="dmz", nat="enable")))
    assert becomes(unused, "dmz", MAPPED) == "203.0.113.1 > 192.0.2.1:80", "no policy names the VIP"


def test_pools_go_before_the_reverse_unless_it_is_forced() -> None:
    pool = pools(entry("p", "set startip 203.0.113.20", "set endip 203.0.113.20"))
    lines = ("set ippool enable", "set poolname p")
    assert becomes(firewall(vips(ONE), pool, outbound(*lines)), "dmz", MAPPED) == "203.0.113.20 > 192.0.2.1:80"
    forced = vips(ONE.replace("set extip", "set nat-source-vip enable\n        set extip"))
    assert becomes(firewall(forced, pool, outbound(*lines)), "dmz", MAPPED) == "203.0.113.80 > 192.0.2.1:80"
    inward = firewall(forced, outbound(dstintf="lan"))
    assert becomes(inward, "dmz", "10.2.0.80 > 10.1.0.5 tcp/80") == "203.0.113.80 > 10.1.0.5:80", (
        "forced: any interface"
    )


CENTRAL = table("system settings", "    set central-nat enable")


def central(*entries: str) -> str:
    return table("firewall central-snat-map", *entries)


def test_central_nat_takes_vips_and_its_own_table() -> None:
    """Administration guide, "Central DNAT" and "Central SNAT"."""
    table_ = central(
        entry("1", "set srcintf lan", "set dstintf wan", "set orig-addr all", "set dst-addr all", "set protocol 17",
              "set nat disable"),
        entry("2", "set srcintf lan", "set dstintf wan", "set orig-addr all", "set dst-addr all", "set nat-ippool p"),
        entry("3", "set status disable", "set srcintf dmz", "set dstintf wan"),
    )  # fmt: skip
    pool = pools(entry("p", "set startip 203.0.113.20", "set endip 203.0.113.20"))
    inner = table("firewall address", entry("inner", "set subnet 10.2.0.80/32"))
    lists = policies(
        policy(1, srcintf="wan", dstintf="dmz", dstaddr="inner"), policy(2), policy(3, srcintf="dmz", nat="enable")
    )
    found = firewall(CENTRAL, table_, pool, inner, vips(ONE), lists)
    assert becomes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/22") == "198.51.100.7 > 10.2.0.80:22"
    assert becomes(found, "lan", OUT) == "203.0.113.20 > 192.0.2.1:80"
    assert becomes(found, "lan", "10.1.0.5 > 192.0.2.1 udp/53") == "10.1.0.5 > 192.0.2.1:53"
    assert becomes(found, "dmz", MAPPED) == "10.2.0.80 > 192.0.2.1:80", "nat of the policy is not asked"
    assert not found.uncertain


def test_central_nat_by_port_and_a_vip_that_is_off() -> None:
    table_ = central(
        entry(
            "1", "set srcintf lan", "set dstintf wan", "set protocol 6", "set orig-port 50000", "set nat-port 3000-3001"
        ),
        entry("2", "set srcintf lan", "set dstintf wan", "set nat46 enable"),
    )
    off = vips(ONE.replace("set extip", "set status disable\n        set extip"))
    found = firewall(CENTRAL, table_, off, policies(policy(1), policy(2, srcintf="wan", dstintf="any")))
    (way,) = result(found, "lan", OUT).may
    assert dict(way.pools)[Field.SPORT].spans == ((3000, 3001),)
    assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/22") == "wan"
    assert [u.concern for u in found.uncertain] == [Concern.NAT]


def test_central_table_is_idle_without_central_nat() -> None:
    parsed = read(header("7.2.8") + INTERFACES + central(entry("1", "set srcintf lan")) + "\n" + policies(policy(1)))
    assert parsed.account.ignored["central NAT is not enabled"] == 5
    assert packet(OUT).dport == 80
