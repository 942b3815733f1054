"""FortiGate routing: static routes, policy routes, SD-WAN, VRFs, VDOMs and the links between them."""

from __future__ import annotations

import re

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
    result,
    table,
)
from tests.parsers.packet_run import packet
from zoneguard.model.addresses import format_address, format_prefix, parse_address, prefixes
from zoneguard.model.device import Concern, Device, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._fortios.static import winners
from zoneguard.parsers.assembly import GATEWAY_ASSIGNED, learned
from zoneguard.static.trace import Disposition, Entry, trace_packet

OPEN = policies(policy(1, srcintf="any", dstintf="any"))


def static(*entries: str) -> str:
    return table("router static", *entries)


def hop(found: Device, ingress: str, text: str) -> str:
    """Interface and next hop of every way the packet may take."""
    ways = {(w.egress, format_address(w.next_hop) if w.next_hop else "link") for w in result(found, ingress, text).may}
    return " | ".join(sorted(f"{egress} {gateway}" for egress, gateway in ways))


def routes(found: Device, vrf: int = 0) -> list[tuple[str, str, str, int, int]]:
    return [
        (
            format_prefix(r.network, r.length),
            format_address(r.next_hop) if r.next_hop else "",
            r.interface,
            r.distance,
            r.metric,
        )
        for r in found.vrfs[vrf].routes
    ]


def test_static_routes_in_every_shape() -> None:
    found = firewall(
        static(
            entry("2", "set dst 10.9.0.0 255.255.0.0", "set gateway 10.1.0.254", 'set device "lan"', "set distance 20"),
            entry("3", "set dst 10.8.0.0/16", "set gateway 10.2.0.254", 'set device "dmz"', "set priority 5"),
            entry("4", "set dst 10.7.0.0/16", 'set device "lan"'),
            entry("5", "set dst 10.6.0.0/16", "set blackhole enable", "set distance 254"),
            entry("6", "set dst 10.5.0.0/16", "set gateway 10.1.0.254", 'set device "lan"', "set status disable"),
            entry("7", 'set dstaddr "nets"', "set gateway 10.1.0.254", 'set device "lan"'),
        ),
        table("firewall address", entry("nets", "set type iprange", "set start-ip 10.4.0.0", "set end-ip 10.4.2.255")),
    )
    assert routes(found) == [
        ("0.0.0.0/0", "203.0.113.254", "wan", 10, 0),
        ("10.9.0.0/16", "10.1.0.254", "lan", 20, 0),
        ("10.8.0.0/16", "10.2.0.254", "dmz", 10, 5),
        ("10.7.0.0/16", "", "lan", 10, 0),
        ("10.6.0.0/16", "", "", 254, 0),
        ("10.4.0.0/23", "10.1.0.254", "lan", 10, 0),
        ("10.4.2.0/24", "10.1.0.254", "lan", 10, 0),
        ("::/0", "2001:db8:ffff::fe", "wan", 10, 0),
    ]
    assert [r.kind for r in found.vrfs[0].routes if not r.interface] == [RouteKind.BLACKHOLE]
    assert not found.uncertain
    assert goes(firewall(OPEN), "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "wan"
    discarding = firewall(OPEN, static(entry("5", "set dst 192.0.2.0/24", "set blackhole enable")))
    assert goes(discarding, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "deny"


@pytest.mark.parametrize(
    ("sets", "reason"),
    [
        (["set dst 10.9.0.0 255.0.255.0", "set gateway 10.1.0.254"], "this destination cannot be read"),
        (["set dst 10.9.0.0/16", "set gateway 10.1.0.x"], "this gateway cannot be read"),
        (["set dst 10.9.0.0/16"], "this route has neither device nor gateway"),
        (["set dst 10.9.0.0/16", 'set device "gone"'], 'the interface "gone" is not defined in this file'),
        (
            ['set dstaddr "name"', 'set device "lan"'],
            "the destinations of this route are not plain addresses of the file",
        ),
        (["set dynamic-gateway enable", 'set device "wan"'], GATEWAY_ASSIGNED),
    ],
)
def test_routes_that_cannot_be_read_are_uncertain(sets: list[str], reason: str) -> None:
    names = table("firewall address", entry("name", "set type fqdn", "set fqdn a.example"))
    found = firewall(static(entry("2", *sets)), names)
    assert [(u.reason, u.concern) for u in found.uncertain] == [(reason, Concern.ROUTING)]


@pytest.mark.parametrize(
    ("protocol", "body", "active"),
    [
        (
            "ospf",
            "config area\n edit 0.0.0.0\n next\n end\n config network\n edit 1\n set prefix 10.0.0.0/8\n next\n end",
            True,
        ),
        ("bgp", 'set as 65001\n config neighbor\n edit "10.0.0.2"\n set remote-as 65002\n next\n end', True),
        ("rip", "config network\n edit 1\n set prefix 10.0.0.0/8\n next\n end", True),
        ("bgp", 'set as 65001\n config redistribute "connected"\n end', False),
        ("ospf", 'config redistribute "connected"\n set status enable\n end', False),
    ],
)
def test_dynamic_routing_is_uncertain_where_it_has_peers(protocol: str, body: str, active: bool) -> None:
    found = firewall(f"config router {protocol}\n {body}\nend")
    reasons = [u.reason for u in found.uncertain]
    assert reasons == ([learned(protocol.upper())] if active else [])
    assert all(u.concern is Concern.ROUTING for u in found.uncertain)


def test_policy_routes_go_before_the_table() -> None:
    pbr = table(
        "router policy",
        entry("1", 'set input-device "lan"', 'set dst "192.0.2.64/255.255.255.192"', "set action deny"),
        entry("2", 'set input-device "lan"', 'set src "10.1.0.0/255.255.255.128"', "set protocol 6",
              "set start-port 80", "set end-port 90", "set gateway 10.2.0.254", 'set output-device "dmz"'),
        entry("3", "set status disable", "set gateway 10.2.0.254"),
        entry("4", 'set srcaddr "h"', "set src-negate enable", "set dstaddr all", "set gateway 10.2.0.253"),
    )  # fmt: skip
    host = table("firewall address", entry("h", "set subnet 10.1.0.0/24"))
    found = firewall(pbr, host, OPEN)
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "dmz 10.2.0.254"
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.65 tcp/80") == "wan 203.0.113.254", "deny ends policy routing"
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/443") == "wan 203.0.113.254"
    assert hop(found, "lan", "10.1.0.200 > 192.0.2.1 tcp/80") == "wan 203.0.113.254"
    assert hop(found, "dmz", "10.2.0.5 > 192.0.2.1 tcp/80") == "dmz 10.2.0.253", "no interface: found by the gateway"
    assert not found.uncertain


def test_a_policy_route_without_gateway_takes_the_best_one_of_its_interface() -> None:
    """Administration guide, "Policy routes": where no route fits the policy does not match."""
    pbr = table("router policy", entry("1", 'set input-device "lan"', 'set output-device "dmz"'))
    more = static(
        entry("2", "set dst 192.0.2.0/24", "set gateway 10.2.0.254", 'set device "dmz"', "set distance 50"),
        entry("3", "set dst 192.0.2.0/25", "set gateway 10.2.0.253", 'set device "dmz"'),
        entry("4", "set dst 192.0.2.0/26", "set gateway 203.0.113.9", 'set device "wan"'),
    )
    found = firewall(pbr, more, OPEN)
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "dmz 10.2.0.253"
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.200 tcp/80") == "dmz 10.2.0.254"
    assert hop(found, "lan", "10.1.0.5 > 10.2.0.7 tcp/80") == "dmz link"
    assert hop(found, "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "wan 203.0.113.254"


@pytest.mark.parametrize("line", ["set tos 0x10", "set internet-service-id 65536", 'set users "u"', "set protocol x",
                                  "set start-port x", 'set dstaddr "gone"'])  # fmt: skip
def test_open_policy_routes_may_be_taken(line: str) -> None:
    lines = ("set protocol 6", line, "set gateway 10.2.0.254", 'set output-device "dmz"')
    found = firewall(table("router policy", entry("1", *lines)), OPEN)
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "dmz 10.2.0.254 | wan 203.0.113.254"
    assert not found.uncertain


def test_policy_routes_that_lead_nowhere_are_uncertain() -> None:
    found = firewall(table("router policy", entry("1", "set protocol 6")))
    assert [u.reason for u in found.uncertain] == ["this policy route has neither interface nor gateway"]


def test_routes_to_internet_services_are_open() -> None:
    lines = ("set gateway 10.2.0.254", 'set device "dmz"', "set internet-service 65536")
    found = firewall(static(entry("9", *lines)), OPEN)
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "dmz 10.2.0.254 | wan 203.0.113.254"


def numbered(number: int, *sets: str) -> str:
    """An entry of a table inside a table."""
    return "\n".join([f"        edit {number}", *(f"            {line}" for line in sets), "        next"])


def sdwan(*services: str, status: str = "enable", path: str = "sdwan") -> str:
    return table(
        f"system {path}",
        f"    set status {status}",
        "    config zone\n        edit virtual-wan-link\n        next\n        edit back\n        next\n    end",
        "    config members",
        numbered(1, "set interface wan", "set gateway 203.0.113.254"),
        numbered(2, "set interface dmz", "set gateway 10.2.0.254", "set zone back"),
        numbered(3, "set interface six", "set status disable"),
        "    end",
        "    config service",
        *services,
        "    end",
    )


DEFAULT = static(
    "    edit 1", "        unset gateway\n        unset device\n        set sdwan-zone virtual-wan-link back\n    next"
)


def test_sdwan_members_share_its_routes_and_rules_choose() -> None:
    rule = numbered(1, "set dst all", "set src h", "set priority-members 2")
    host = table("firewall address", entry("h", "set subnet 10.1.0.5/32"))
    found = firewall(sdwan(rule), DEFAULT, host, OPEN)
    assert hop(found, "lan", "10.1.0.6 > 192.0.2.1 tcp/80") == "dmz 10.2.0.254 | wan 203.0.113.254"
    assert hop(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "dmz 10.2.0.254"
    assert not found.uncertain
    off = firewall(sdwan(rule, status="disable"), host, OPEN)
    assert hop(off, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "wan 203.0.113.254"


def test_sdwan_rules_are_passed_over_where_the_best_route_is_not_theirs() -> None:
    rule = ("set dst all", "set src all", "set priority-members 2")
    other = static(entry("8", "set dst 192.0.2.0/24", "set gateway 10.1.0.254", 'set device "lan"'))
    found = firewall(sdwan(numbered(1, *rule)), DEFAULT, other, OPEN)
    assert hop(found, "dmz", "10.2.0.5 > 192.0.2.1 tcp/80") == "lan 10.1.0.254"
    forced = numbered(1, *rule, "set gateway enable", "set default enable")
    assert hop(firewall(sdwan(forced), DEFAULT, other, OPEN), "dmz", "10.2.0.5 > 192.0.2.1 tcp/80") == "dmz 10.2.0.254"


def test_sdwan_zones_are_zones_of_policies() -> None:
    for path in ("sdwan", "virtual-wan-link"):
        found = firewall(sdwan(path=path), policies(policy(1, dstintf="virtual-wan-link"), policy(2, dstintf="back")))
        assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "wan"
        assert goes(found, "lan", "10.1.0.5 > 10.2.0.5 tcp/80") == "dmz"


def test_vrfs_are_contexts_with_the_policies_of_their_vdom() -> None:
    text = INTERFACES.replace('edit "dmz"', 'edit "dmz"\n        set vrf 7')
    more = static(entry("2", "set dst 10.9.0.0/16", "set gateway 10.2.0.254", 'set device "dmz"'))
    (found,) = read(header("7.2.8") + text + ROUTES + more + "\n" + OPEN).devices
    assert [(v.name, sorted(v.interfaces)) for v in found.vrfs] == [
        ("root", ["lan", "six", "wan"]),
        ("root:vrf7", ["dmz"]),
    ]
    assert routes(found, 1) == [("10.9.0.0/16", "10.2.0.254", "dmz", 10, 0)]
    assert goes(found, "lan", "10.1.0.5 > 10.9.0.1 tcp/80") == "wan"
    assert goes(found, "dmz", "10.2.0.5 > 10.9.0.1 tcp/80", vrf="root:vrf7") == "dmz"


VDOMS = """
config vdom
edit root
next
edit guest
next
end
config global
config system global
    set hostname "fw"
    set vdom-mode multi-vdom
end
config system interface
    edit "lan"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
    next
    edit "wifi"
        set vdom "guest"
        set ip 10.3.0.1 255.255.255.0
    next
    edit "link0"
        set vdom "root"
        set ip 169.254.0.1 255.255.255.252
        set type vdom-link
    next
    edit "link1"
        set vdom "guest"
        set ip 169.254.0.2 255.255.255.252
        set type vdom-link
    next
end
config system vdom-link
    edit "link"
    next
end
end
config vdom
edit root
config firewall address
    edit "it"
        set subnet 10.1.0.0/24
    next
end
config firewall policy
    edit 1
        set srcintf "link0"
        set dstintf "lan"
        set srcaddr "all"
        set dstaddr "it"
        set action accept
        set schedule "always"
        set service "HTTP"
    next
end
config router static
    edit 1
        set dst 10.3.0.0/24
        set gateway 169.254.0.2
        set device "link0"
    next
end
end
config vdom
edit guest
config firewall address
    edit "it"
        set subnet 10.1.0.0/25
    next
end
config firewall policy
    edit 1
        set srcintf "wifi"
        set dstintf "link1"
        set srcaddr "all"
        set dstaddr "it"
        set action accept
        set schedule "always"
        set service "ALL"
    next
end
config router static
    edit 1
        set dst 10.1.0.0/24
        set gateway 169.254.0.1
        set device "link1"
    next
end
end
"""


def vdoms(numbered: bool = True) -> Device:
    text = VDOMS if numbered else re.sub(r"set (ip|gateway) 169\.254\.0\.(?:1|2 255).*", r"unset \1", VDOMS)
    parsed = read(header("7.2.8") + text)
    assert not parsed.account.not_understood
    assert parsed.account.understood > 80
    return parsed.devices[0]


def test_vdoms_are_contexts_with_objects_of_their_own() -> None:
    found = vdoms()
    assert [(v.name, sorted(v.interfaces)) for v in found.vrfs] == [
        ("root", ["lan", "link0"]),
        ("guest", ["link1", "wifi"]),
    ]
    assert goes(found, "wifi", "10.3.0.5 > 10.1.0.9 tcp/22", vrf="guest") == "link1"
    assert goes(found, "wifi", "10.3.0.5 > 10.1.0.200 tcp/22", vrf="guest") == "deny"
    assert goes(found, "link0", "10.3.0.5 > 10.1.0.200 tcp/80", vrf="root") == "lan"
    assert goes(found, "link0", "10.3.0.5 > 10.1.0.9 tcp/22", vrf="root") == "deny"


@pytest.mark.parametrize("numbered", [True, False])
def test_links_between_vdoms_join_them(numbered: bool) -> None:
    found = vdoms(numbered)
    assert found.wires == (("link0", "link1"),)
    entry_ = Entry("fw", "guest", "wifi")
    for port, ends in ((80, Disposition.DELIVERED), (22, Disposition.DENIED)):
        trace = trace_packet([found], packet(f"10.3.0.5 > 10.1.0.9 tcp/{port}"), (), entry_)
        assert trace.disposition is ends
        assert [h.context for h in trace.hops] == ["guest", "root"]


def test_vlans_on_a_link_are_joined_by_number() -> None:
    text = INTERFACES.rstrip().removesuffix("end") + "\n".join(
        [
            entry("npu0_vlink0", 'set vdom "root"'),
            entry("npu0_vlink1", 'set vdom "root"'),
            entry("a10", 'set interface "npu0_vlink0"', "set vlanid 10"),
            entry("b10", 'set interface "npu0_vlink1"', "set vlanid 10"),
            entry("b20", 'set interface "npu0_vlink1"', "set vlanid 20"),
            "end",
        ]
    )
    (found,) = read(header("7.2.8") + text).devices
    assert found.wires == (("npu0_vlink0", "npu0_vlink1"), ("a10", "b10"))


def test_prefixes_and_winners_agree_with_counting() -> None:
    span = SourceSpan("f", 1, 1)
    assert list(prefixes(Intervals.span(3, 12))) == [(3, 32), (4, 30), (8, 30), (12, 32)]
    assert list(prefixes(Intervals.span(0, (1 << 32) - 1))) == [(0, 0)]
    base = parse_address("10.0.0.0")
    made = [
        Route(base, 24, span, interface="a", distance=5),
        Route(base, 24, span, interface="b", distance=5),
        Route(base, 24, span, interface="c", distance=9),
        Route(base + 64, 26, span, interface="d"),
        Route(0, 0, span, interface="e"),
    ]
    won = {r.interface: values for r, values in winners(made)}
    assert set(won) == {"a", "b", "d", "e"}
    for offset in (0, 63, 64, 127, 128, 255, 256):
        best = {n for n, values in won.items() if base + offset in values}
        assert best == ({"d"} if 64 <= offset < 128 else {"a", "b"} if offset < 256 else {"e"})
