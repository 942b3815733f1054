"""FortiGate: clients of the SSL VPN, peers that dial in, and the interfaces that a cluster keeps for its members."""

from __future__ import annotations

import pytest

from tests.parsers.fortios_run import INTERFACES, ROUTES, entry, firewall, goes, header, policies, policy, read, table
from zoneguard.model.addresses import format_prefix
from zoneguard.model.device import Device, RouteKind
from zoneguard.parsers import Source, fortios_routes
from zoneguard.parsers.assembly import with_routes

POOL = table("firewall address", entry("POOL", "set type iprange", "set start-ip 10.9.0.200", "set end-ip 10.9.0.203"))
SETTINGS = table("vpn ssl settings", "    set source-interface wan", "    set tunnel-ip-pools POOL")
TO_LAN = policies(policy(1, srcintf="ssl.root", dstintf="lan", srcaddr="POOL"))
CLIENT = "10.9.0.201 > 10.1.0.5 tcp/443"
ANSWER = "10.1.0.5 > 10.9.0.201 tcp/443"


def called(found: Device) -> dict[str, str]:
    """Interface by prefix of the routes to callers."""
    return {
        format_prefix(r.network, r.length): r.interface for r in found.vrfs[0].routes if r.kind is RouteKind.CALLERS
    }


def test_clients_of_the_ssl_vpn_are_reached_by_its_interface_which_no_table_lists() -> None:
    found = firewall(POOL, SETTINGS, TO_LAN)
    assert called(found) == {"10.9.0.200/30": "ssl.root"}
    assert not found.uncertain
    assert goes(found, "ssl.root", CLIENT) == "lan"
    assert goes(firewall(POOL, SETTINGS), "ssl.root", CLIENT) == "deny"
    assert goes(firewall(POOL, SETTINGS, policies(policy(1, srcintf="lan", dstintf="ssl.root"))), "lan", ANSWER) == (
        "ssl.root"
    )


@pytest.mark.parametrize(
    "lines",
    [
        ("    set tunnel-ip-pools POOL",),
        ("    set status disable", "    set source-interface wan", "    set tunnel-ip-pools POOL"),
    ],
)
def test_an_ssl_vpn_that_serves_nowhere_has_no_clients(lines: tuple[str, ...]) -> None:
    assert not called(firewall(POOL, table("vpn ssl settings", *lines)))


def test_portals_have_pools_of_their_own_where_they_make_tunnels() -> None:
    portals = table(
        "vpn ssl web portal",
        entry("full", "set tunnel-mode enable", "set ip-pools POOL"),
        entry("web", "set tunnel-mode disable", "set ip-pools OTHER"),
        entry("six", "set ipv6-tunnel-mode enable", "set ipv6-pools SIX"),
    )
    others = table("firewall address", entry("OTHER", "set subnet 10.8.0.0 255.255.255.0"))
    six = table("firewall address6", entry("SIX", "set ip6 2001:db8:9::/120"))
    found = firewall(POOL, others, six, table("vpn ssl settings", "    set source-interface wan"), portals)
    assert called(found) == {"10.9.0.200/30": "ssl.root", "2001:db8:9::/120": "ssl.root"}


def test_a_pool_by_name_of_a_host_leaves_routing_open() -> None:
    named = table("firewall address", entry("POOL", "set type fqdn", "set fqdn pool.example"))
    assert [u.text for u in firewall(named, SETTINGS).uncertain] == ["set tunnel-ip-pools POOL"]


def test_routes_to_clients_stay_beside_an_exported_table_which_does_not_show_them() -> None:
    shown = ("Routing table for VRF=0", "S*      0.0.0.0/0 [10/0] via 203.0.113.254, wan",
             "C       10.1.0.0/24 is directly connected, lan")  # fmt: skip
    shown_table = fortios_routes.PLUGIN.parse(Source("routes.txt", shown), "fw").devices[0]
    merged = with_routes(firewall(POOL, SETTINGS, TO_LAN), shown_table)
    assert called(merged) == {"10.9.0.200/30": "ssl.root"}


def test_peers_that_are_given_an_address_by_mode_configuration() -> None:
    phase1 = table(
        "vpn ipsec phase1-interface",
        entry("callers", "set type dynamic", "set mode-cfg enable", "set ipv4-start-ip 10.9.1.8",
              "set ipv4-end-ip 10.9.1.15"),
        entry("named", "set type dynamic", "set mode-cfg enable", "set assign-ip-from name", "set ipv4-name POOL"),
    )  # fmt: skip
    found = firewall(POOL, phase1)
    assert called(found) == {"10.9.1.8/29": "callers", "10.9.0.200/30": "named"}
    assert not found.uncertain


@pytest.mark.parametrize("given", [(), ("set mode-cfg enable", "set assign-ip-from dhcp")])
def test_peers_that_bring_routes_of_their_own_are_open_until_a_table_shows_them(given: tuple[str, ...]) -> None:
    found = firewall(table("vpn ipsec phase1-interface", entry("callers", "set type dynamic", *given)))
    assert [u.text for u in found.uncertain] == ["set type dynamic"]
    assert found.uncertain[0].reason.startswith("dynamic routing")


@pytest.mark.parametrize(
    "cluster",
    [
        ("    set ha-mgmt-status enable", "    config ha-mgmt-interfaces", "        edit 1",
         '            set interface "dmz"', "            set gateway 10.2.0.254", "        next", "    end"),
        ("    set ha-mgmt-status enable", '    set ha-mgmt-interface "dmz"'),
    ],
)  # fmt: skip
def test_interfaces_kept_for_the_members_of_a_cluster_route_nothing(cluster: tuple[str, ...]) -> None:
    everything = policies(policy(1, srcintf="any", dstintf="any"))
    found = firewall(table("system ha", *cluster), everything)
    assert [(v.name, set(v.interfaces), v.forwards) for v in found.vrfs if "dmz" in v.interfaces] == [
        ("vsys_hamgmt", {"dmz"}, False)
    ]
    to_its_subnet = "10.1.0.5 > 10.2.0.9 tcp/443"
    assert goes(found, "lan", to_its_subnet) == "wan", "its subnet is no connected route of the firewall"
    assert goes(firewall(everything), "lan", to_its_subnet) == "dmz"


def test_a_cluster_without_such_interfaces_routes_by_all() -> None:
    text = header("7.2.8") + INTERFACES + ROUTES + table("system ha", "    set mode a-p", '    set hbdev "dmz" 50')
    (found,) = read(text).devices
    assert [v.name for v in found.vrfs] == ["root"]
