"""``show ip route`` of a running FRRouting, held against the kernel's table that it installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parsers import kernel_wire
from tests.parsers.test_cisco_routes import table
from zoneguard.model.addresses import V6
from zoneguard.model.device import Device, Route, RouteKind
from zoneguard.parsers import Source, iproute

DAEMONS = Path("/usr/lib/frr")
MISSING = not (shutil.which("vtysh") and DAEMONS.joinpath("zebra").exists() and DAEMONS.joinpath("staticd").exists())
REASON = kernel_wire.unavailable() or ("FRRouting is not installed" if MISSING else "")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

SET_UP = """\
link set lo up
link add eth0 type veth peer name p0
link set eth0 up
link set p0 up
addr add 10.1.0.1/24 dev eth0
"""
ROUTES = """\
ip route 0.0.0.0/0 10.1.0.254
ip route 10.9.0.0/16 10.1.0.9
ip route 10.9.0.0/16 10.1.0.8
ip route 10.9.0.0/16 10.1.0.7 200
ip route 10.8.0.0/16 Null0
ip route 10.7.0.0/16 reject
ip route 10.6.0.0/16 10.99.0.1 210
ip route 10.5.0.0/16 10.9.0.1
"""


@pytest.fixture(scope="module")
def frr() -> Iterator[tuple[Device, Device]]:
    """The table as FRRouting shows it, and the kernel's own. The daemons' user must reach their directory."""
    name, run = f"zg{os.getpid()}frr", Path(tempfile.mkdtemp(prefix="zg-frr-"))
    alone = ["ip", "netns", "exec", name]
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for line in SET_UP.splitlines():
            subprocess.run(["ip", "-n", name, *line.split()], check=True)
        run.chmod(0o755)
        shutil.chown(run, "frr", "frr")
        for daemon in ("zebra", "staticd"):
            options = ["-d", "-u", "frr", "-g", "frr", "-i", f"{run}/{daemon}.pid", "--vty_socket", str(run), "-P", "0"]
            subprocess.run([*alone, DAEMONS / daemon, *options, "-z", f"{run}/api"], check=True, capture_output=True)
        vtysh = [*alone, "vtysh", "--vty_socket", str(run)]
        configure = [word for line in ("configure terminal", *ROUTES.splitlines()) for word in ("-c", line)]
        for _ in range(100):
            if subprocess.run([*vtysh, *configure], check=False, capture_output=True).returncode == 0:
                break
            time.sleep(0.2)
        kernel = ""
        for _ in range(100):
            kernel = subprocess.run(["ip", "-n", name, "route"], capture_output=True, text=True, check=True).stdout
            if all(to in kernel for to in ("10.7.0.0/16", "10.5.0.0/16", "default")):
                break
            time.sleep(0.2)
        text = subprocess.run([*vtysh, "-c", "show ip route"], capture_output=True, text=True, check=True).stdout
        yield table(text), iproute.parse(Source("kernel", tuple(kernel.splitlines())), "r1").devices[0]
    finally:
        for pid in run.glob("*.pid"):
            subprocess.run(["kill", pid.read_text().strip()], check=False)
        subprocess.run(["ip", "netns", "del", name], check=False)
        shutil.rmtree(run, ignore_errors=True)


def ways(found: Device) -> set[tuple[int, int, bool, int | None]]:
    """Destination, whether it is discarded, and next hop."""
    (vrf,) = found.vrfs
    return {_way(r) for r in vrf.routes if r.network < V6}


def _way(route: Route) -> tuple[int, int, bool, int | None]:
    return route.network, route.length, route.kind is RouteKind.BLACKHOLE, route.next_hop


def test_what_frr_shows_is_what_the_kernel_has(frr: tuple[Device, Device]) -> None:
    shown, kernel = frr
    assert not shown.uncertain
    assert len(ways(shown)) == 8  # two ways for 10.9.0.0/16, and for what resolves by it; none for what is not reached
    assert ways(shown) == ways(kernel)
