"""Two firewalls and a router between three zones, as live boxes and as the project that is exported from them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.oracle.iptables_rules import HAS_SETS
from tests.oracle.netns import Box, Lab, inside
from zoneguard.audit.inputs import load_devices
from zoneguard.loading.project import load_project
from zoneguard.model.device import Device
from zoneguard.model.project import Project

FRR = Path("/usr/lib/frr")
NORTH = Box(
    {
        "eth0": ("10.0.0.1/24", "fd00::1/64"),
        "eth1": ("10.0.1.1/24", "fd00:1::1/64"),
        "eth2": ("10.0.8.1/30", "fd00:8::1/126"),
    },
    ("default via 10.0.8.2", "default via fd00:8::2"),
)
ROUTER_ROUTES = (
    "10.0.0.0/23 via 10.0.8.1",
    "10.0.2.0/24 via 10.0.9.2",
    "10.9.0.0/16 via 10.0.9.2",
    "fd00::/31 via fd00:8::1",
    "fd00:2::/64 via fd00:9::2",
    "fd09::/16 via fd00:9::2",
)
LINKS = {"eth0": ("10.0.8.2/30", "fd00:8::2/126"), "eth1": ("10.0.9.1/30", "fd00:9::1/126")}
SOUTH = Box(
    {"eth0": ("10.0.9.2/30", "fd00:9::2/126"), "eth2": ("10.0.2.1/24", "fd00:2::1/64")},
    ("10.9.0.0/16 via 10.0.2.9", "default via 10.0.9.1", "fd09::/16 via fd00:2::9", "default via fd00:9::1"),
)
JOINS = (("north", "eth2"), ("router", "eth0")), (("router", "eth1"), ("south", "eth0"))
ENTRIES = {"eth0": ("north", "eth0"), "eth1": ("north", "eth1"), "eth2": ("south", "eth2")}
ZONES = {("north", "eth0"): "office", ("north", "eth1"): "dmz", ("south", "eth2"): "servers"}
PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones:
  office: {class: lgwan, prefixes: [10.0.0.0/24, "fd00::/64"]}
  dmz: {class: dmz, prefixes: [10.0.1.0/24, "fd00:1::/64"]}
  servers: {class: internet, prefixes: [10.0.2.0/24, "fd00:2::/64"]}
  transit: {class: other, prefixes: [10.0.8.0/23, "fd00:8::/31"]}
  far: {class: public, prefixes: [10.9.0.0/16, "fd09::/16"]}
  world: {class: public, prefixes: [0.0.0.0/0, "::/0"]}
devices:
  north: {config: north.rules, format: iptables, routes: north.routes, routes-format: ip-route}
  router: {config: router.routes, format: ip-route}
  south: {config: south.nft, format: nftables, routes: south.routes, routes-format: ip-route}
"""


@contextmanager
def three_boxes(by_frr: bool) -> Iterator[Lab]:
    """The lab; the router's routes are FRR's, or given to the kernel by hand."""
    router = Box(LINKS, () if by_frr else ROUTER_ROUTES)
    with Lab({"north": NORTH, "router": router, "south": SOUTH}, JOINS) as lab:
        if not by_frr:
            yield lab
            return
        with _frr(lab, "router"):
            yield lab


@contextmanager
def _frr(lab: Lab, box: str) -> Iterator[None]:
    """zebra and staticd in the box, once their routes are in the kernel. They end as soon as they are told to."""
    home = Path(tempfile.mkdtemp())
    shutil.chown(home, "frr", "frr")
    words = {4: "ip", 6: "ipv6"}
    lines = [f"{words[6 if ':' in r else 4]} route {r.replace(' via ', ' ')}" for r in ROUTER_ROUTES]
    (home / "zebra.conf").write_text("")
    (home / "staticd.conf").write_text("\n".join(lines) + "\n")
    running = []
    try:
        with inside(lab.namespace(box)):
            for name in ("zebra", "staticd"):
                options = ("-i", home / f"{name}.pid", "-z", home / "zserv", "--vty_socket", home, "-P", "0")
                running.append(subprocess.Popen([FRR / name, "-f", home / f"{name}.conf", *options]))
        _wait_for_routes(lab, box)
        yield
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()
        shutil.rmtree(home)


def _wait_for_routes(lab: Lab, box: str) -> None:
    end = time.monotonic() + 60
    while not {"10.9.0.0/16", "fd09::/16"} <= set(
        (lab.run(box, "ip", "route") + lab.run(box, "ip", "-6", "route")).split()
    ):
        if time.monotonic() > end:
            raise RuntimeError("FRR gives the kernel no routes")
        time.sleep(0.05)


def export(lab: Lab, folder: Path) -> Project:
    """The files that an administrator would export from the boxes, and the project about them."""
    sets = lab.run("north", "ipset", "save") if HAS_SETS else ""
    rules = (lab.run("north", f"{program}-nft-save") for program in ("iptables", "ip6tables"))
    (folder / "north.rules").write_text(sets + "".join(rules))
    (folder / "south.nft").write_text(lab.run("south", "nft", "list", "ruleset"))
    for box in ("north", "router", "south"):
        commands = ("ip addr", "ip rule", "ip -4 route show table all", "ip -6 route show table all")
        shown = (f"$ {command}\n{lab.run(box, *command.split())}" for command in commands)
        (folder / f"{box}.routes").write_text("".join(shown))
    (folder / "zoneguard.yaml").write_text(PROJECT)
    return load_project(folder / "zoneguard.yaml")


def devices_of(project: Project) -> tuple[Device, ...]:
    """The devices as the audit reads them. Fails where a line is not understood."""
    devices, accounts, _ = load_devices(project)
    missed = [entry for account in accounts for entry in account.not_understood]
    assert not missed, missed
    return devices
