"""Policy routing against the kernel: ``ip route get`` says where a packet goes, the parsed tables must say the same."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.parsers import kernel_wire
from tests.parsers.iptables_run import holds, packet
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Device, RouteKind
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source
from zoneguard.parsers.iproute import parse

REASON = kernel_wire.unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

SET_UP = """\
link set lo up
link add eth0 type veth peer name p0
link add eth1 type veth peer name p1
link set eth0 up
link set p0 up
link set eth1 up
link set p1 up
addr add 10.1.0.1/24 dev eth0
addr add 10.2.0.1/24 dev eth1
route add 10.50.0.0/16 via 10.2.0.2
route add 10.51.0.0/16 via 10.2.0.3 metric 50
route add 10.51.0.0/16 via 10.2.0.4 metric 20
route add unreachable 10.52.0.0/16
route add throw 10.53.0.0/16
route add default via 10.2.0.254
route add default via 10.2.0.100 table 100
route add 10.60.0.0/16 via 10.2.0.101 table 100
route add throw 10.61.0.0/16 table 100
route add 10.53.0.0/16 via 10.2.0.7 table default
rule add from 10.1.0.0/25 to 10.0.0.0/8 lookup main suppress_prefixlength 0 pref 90
rule add from 10.1.0.0/25 lookup 100 pref 100
rule add fwmark 0x1/0x3 lookup 100 pref 110
rule add not from 10.1.0.0/16 ipproto tcp dport 80-90 lookup 100 pref 120
rule add oif eth0 lookup 100 pref 130
rule add iif lo lookup 100 pref 140
"""


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    name = f"zg{os.getpid()}route"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for line in SET_UP.splitlines():
            subprocess.run(["ip", "-n", name, *line.split()], check=True)
        for setting in ("ip_forward=1", "conf.all.rp_filter=0", "conf.eth0.rp_filter=0"):
            subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", f"net.ipv4.{setting}"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


def said(namespace: str, *words: str) -> str:
    done = subprocess.run(["ip", "-n", namespace, *words], capture_output=True, text=True, check=False)
    return done.stdout or done.stderr


def by_kernel(namespace: str, p: Packet) -> str:
    words = ["from", format_address(p.src), "iif", "eth0", "mark", str(p.mark), "ipproto", "tcp", "dport", str(p.dport)]
    answer = said(namespace, "route", "get", format_address(p.dst), *words)
    via = re.search(r"via (\S+)", answer)
    return via[1] if via else "none" if "RTNETLINK" in answer else "link"


def by_parser(device: Device, p: Packet) -> str:
    (vrf,) = device.vrfs
    for policy in vrf.policy_routes:
        if holds(policy.match, p, "eth0"):
            if policy.targets:
                return format_address(policy.targets[0][0] or 0)
            break
    best = max((r for r in vrf.routes if p.dst in r.prefix), key=lambda r: (r.length, -r.metric))
    if best.kind is RouteKind.BLACKHOLE:
        return "none"
    return "link" if best.next_hop is None else format_address(best.next_hop)


def test_packets_go_where_the_kernel_sends_them(namespace: str) -> None:
    text = said(namespace, "rule") + said(namespace, "route", "show", "table", "all")
    parsed = parse(Source("routes", tuple(text.splitlines())), "gw")
    assert not parsed.account.not_understood
    (device,) = parsed.devices
    assert {i.name: len(i.addresses) for i in device.interfaces} == {"eth0": 1, "eth1": 1, "lo": 0}
    sources = ("10.1.0.9", "10.1.0.200", "192.0.2.9")
    destinations = [f"10.{n}.0.1" for n in (50, 51, 52, 53, 60, 61)] + ["198.51.100.1", "10.2.0.99"]
    for src, dst, mark, dport in itertools.product(sources, destinations, (0, 1, 2, 5), (80, 99)):
        p = packet(src, dst, dport=dport, mark=mark)
        assert by_parser(device, p) == by_kernel(namespace, p), f"{p} mark {mark}"
