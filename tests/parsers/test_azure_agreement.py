"""azure against a reading of network security groups in a few lines: every packet fares alike."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.test_azure import nic, nsg, ref, rule, subnet, thing, vnet
from zoneguard.model.addresses import parse_address
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source, azure
from zoneguard.static.trace import Disposition, Tracer

HOSTS = ("10.0.1.10", "10.0.1.11", "10.0.2.10", "10.0.2.11")
OUTSIDE = "198.51.100.7"
PREFIXES = ("*", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.10", "VirtualNetwork", "Internet", "AzureLoadBalancer")

rules = st.lists(
    st.tuples(
        st.integers(100, 140), st.sampled_from(["Inbound", "Outbound"]), st.booleans(),
        st.sampled_from(["Tcp", "Udp", "*", "Icmp"]), st.sampled_from(PREFIXES), st.sampled_from(PREFIXES),
        st.sampled_from(["*", "22", "20-23", "24"]),
    ),
    max_size=6, unique_by=lambda r: r[:2],
)  # fmt: skip
groups = st.fixed_dictionaries(dict.fromkeys(("a", "b", "nic"), rules))
DEFAULTS: list[Any] = [
    (65000, "Inbound", True, "*", "VirtualNetwork", "VirtualNetwork", "*"),
    (65001, "Inbound", True, "*", "AzureLoadBalancer", "*", "*"),
    (65000, "Outbound", True, "*", "VirtualNetwork", "VirtualNetwork", "*"),
    (65001, "Outbound", True, "*", "*", "Internet", "*"),
]


def holds(prefix: str, text: str) -> bool:
    address = ipaddress.ip_address(text)
    inside = address in ipaddress.ip_network("10.0.0.0/16")
    known = {"*": True, "VirtualNetwork": inside, "Internet": not inside, "AzureLoadBalancer": False}
    return known[prefix] if prefix in known else address in ipaddress.ip_network(prefix)


def allows(found: Any, direction: str, src: str, dst: str, protocol: str, port: int) -> bool:
    for _, way, allow, kind, near, far, ports in sorted([*found, *DEFAULTS], key=lambda r: r[0]):
        low, _, high = ports.partition("-")
        if way != direction or kind not in ("*", protocol) or not (holds(near, src) and holds(far, dst)):
            continue
        if ports == "*" or (protocol != "Icmp" and int(low) <= port <= int(high or low)):
            return bool(allow)
    return False


def expected(found: Any, src: str, dst: str, protocol: str, port: int) -> bool:
    """The NIC's group and the subnet's where the packet leaves, the subnet's and the NIC's where it arrives."""
    asked = []
    for direction, host in (("Outbound", src), ("Inbound", dst)):
        if host != OUTSIDE:
            asked.append((direction, "a" if host.startswith("10.0.1.") else "b"))
            asked += [(direction, "nic")] if host == HOSTS[3] else []
    return all(allows(found[name], way, src, dst, protocol, port) for way, name in asked)


@settings(max_examples=80, deadline=None)
@given(groups, st.data())
def test_a_packet_fares_alike(found: Any, data: st.DataObject) -> None:
    objects = [
        nsg(name, *(
            rule(priority, way, "Allow" if allow else "Deny", ports, protocol=kind, sourceAddressPrefix=near,
                 destinationAddressPrefix=far, name=f"{priority}{way}")
            for priority, way, allow, kind, near, far, ports in listed
        ))
        for name, listed in found.items()
    ]  # fmt: skip
    subnets = [
        subnet(name, f"10.0.{n}.0/24", networkSecurityGroup=ref("networkSecurityGroups", name))
        for n, name in ((1, "a"), (2, "b"))
    ]
    for n, host in enumerate(HOSTS):
        more = {"networkSecurityGroup": ref("networkSecurityGroups", "nic")} if n == 3 else {}
        objects.append(nic(f"n{n}", "a" if n < 2 else "b", host, **more))
    objects.append(thing("publicIPAddresses", "none"))
    text = json.dumps([vnet(*subnets), *objects])
    tracer = Tracer(azure.parse(Source("azure.json", (text,)), "v").devices)
    for _ in range(12):
        src, dst = data.draw(st.sampled_from(HOSTS)), data.draw(st.sampled_from((*HOSTS, OUTSIDE)))
        protocol, port = data.draw(st.sampled_from(["Tcp", "Udp", "Icmp"])), data.draw(st.integers(19, 25))
        if src.rpartition(".")[0] == dst.rpartition(".")[0]:
            continue  # within a subnet the device is not asked
        number, ports = {"Tcp": (6, (40000, port)), "Udp": (17, (40000, port)), "Icmp": (1, (0, 0))}[protocol]
        packet = Packet(parse_address(src), parse_address(dst), number, *ports, state=ConnState.NEW)
        delivered = tracer.trace(packet).disposition is Disposition.DELIVERED
        assert delivered is expected(found, src, dst, protocol, port)
