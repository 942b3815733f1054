"""A Linux firewall in a network namespace, and probes sent through it: what real software does with a packet.

``Lab`` makes two namespaces: the firewall, with one veth interface per wire, and the other ends of the wires, on which
this process sends and captures frames itself. The firewall asks for no neighbours (``arp off``), so any address beyond
any wire can be sent to without a host there. Every probe carries a marker in its payload: a whole batch goes out in one
shot, and what comes out, on a wire or in the firewall's own raw sockets, is known again. Rulesets are swapped in place.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.oracle.frames import SYNC, Parsed, build, parse

from zoneguard.model.packet import Packet

LOCAL = "local"
SYNC_WIRE = "sync"
CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE, ETH_P_ALL = 263, 23, 33, 3
LOCAL_PROTOCOLS = {socket.AF_INET: (6, 17, 1, 50), socket.AF_INET6: (6, 17, 58, 50)}
SETTINGS = {
    "net/ipv4/ip_forward": 1,
    "net/ipv6/conf/all/forwarding": 1,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/default/rp_filter": 0,
    "net/ipv4/conf/all/send_redirects": 0,
    "net/ipv4/conf/default/send_redirects": 0,
    "net/ipv4/icmp_ratelimit": 0,
    "net/ipv6/icmp/ratelimit": 0,
    "net/ipv6/conf/default/accept_dad": 0,
    "net/ipv6/conf/default/router_solicitations": 0,
}
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Probe:
    """A packet to be sent to the firewall's interface ``ingress``; ``packet.mac`` is its source MAC address."""

    ingress: str
    packet: Packet


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a probe: the interface it left by, or ``LOCAL``, and as what; ``None`` in both: nothing came out.

    Of ``packet`` the fields in ``frames.ON_THE_WIRE`` count. ``answer`` is what the firewall sent back: ``reset``,
    ``icmp 3/1``.
    """

    egress: str | None = None
    packet: Packet | None = None
    answer: str = ""


def unavailable() -> str:
    """Why no lab can be made here, or ``""``."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs root to make network namespaces"
    missing = [tool for tool in ("ip", "iptables-restore", "conntrack") if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)}"
    try:
        _run("ip", "netns", "add", f"zg-{os.getpid()}-try")
        _run("ip", "netns", "del", f"zg-{os.getpid()}-try")
    except RuntimeError as error:
        return f"cannot make a network namespace: {error}"
    return ""


class Lab:
    """The firewall's ``interfaces`` by name with addresses (``10.0.1.1/24``), ``routes`` as ``ip route add`` reads.

    A context manager: the namespaces are gone at its end. Raises ``RuntimeError`` with its words where a command fails.
    """

    def __init__(self, interfaces: Mapping[str, Sequence[str]], routes: Sequence[str] = ()) -> None:
        self.firewall = f"zg-{os.getpid()}-fw"
        self.wires = f"zg-{os.getpid()}-wires"
        self._interfaces = interfaces
        self._routes = routes
        self._macs = {name: bytes((2, 0, 0, 0, 0, n)) for n, name in enumerate((*interfaces, SYNC_WIRE), 1)}
        self._ends: dict[str, socket.socket] = {}
        self._local: list[socket.socket] = []
        self._opened: list[socket.socket] = []
        self._sent = 0

    def __enter__(self) -> Lab:
        _sweep()
        atexit.register(self.close)
        try:
            self._build()
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove both namespaces and everything in them."""
        for opened in self._opened:
            opened.close()
        self._opened = []
        for namespace in (self.firewall, self.wires):
            if Path("/run/netns", namespace).exists():
                _run("ip", "netns", "del", namespace)
        atexit.unregister(self.close)

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a command in the firewall; its output."""
        return _run("ip", "netns", "exec", self.firewall, *command, stdin=stdin)

    def load(self, rules: str, v6: bool = False, flavour: str = "nft") -> None:
        """Replace the tables that ``rules`` (``iptables-save`` format) names. ``flavour``: ``nft`` or ``legacy``."""
        self.run(f"{'ip6tables' if v6 else 'iptables'}-{flavour}-restore", stdin=rules)

    def forget_connections(self) -> None:
        """Flush connection tracking."""
        self.run("conntrack", "-F")

    def send(self, probes: Sequence[Probe]) -> list[Seen]:
        """Send all probes in order and say what became of each. Connections that they open are left standing."""
        first = self._sent
        self._sent += len(probes)
        for number, probe in enumerate(probes, first):
            self._ends[probe.ingress].send(build(probe.packet, number, self._macs[probe.ingress]))
        self._settle()
        captured = [(name, parse(f[14:], int.from_bytes(f[6:12], "big"))) for name, f in self._captured()]
        captured += [(LOCAL, parse(data)) for opened in self._local for data in _drain_local(opened)]
        seen = [Seen() for _ in probes]
        for where, found in captured:
            if found is not None:
                _note(seen, first, where, found)
        return seen

    def _captured(self) -> Iterator[tuple[str, bytes]]:
        for name in self._interfaces:
            for data in _drain(self._ends[name]):
                yield name, data

    def _settle(self) -> None:
        """Wait until all that was sent is through: frames of one processor are handled in the order they were sent in.

        A probe crosses two wires, so a second frame goes out when the first has come.
        """
        for _ in range(2):
            self._ends[SYNC_WIRE].send(self._macs[SYNC_WIRE] + bytes(6) + SYNC + bytes(46))
            while self._sync_end.recv(64)[12:14] != SYNC:
                pass

    def _build(self) -> None:
        wires, firewall = [], ["link set lo up"]
        for namespace in (self.firewall, self.wires):
            _run("ip", "netns", "add", namespace)
        with inside(self.wires):
            _write_setting("net/ipv6/conf/default/disable_ipv6", 1)
        with inside(self.firewall):
            for name, value in SETTINGS.items():
                _write_setting(name, value)
        for name, mac in self._macs.items():
            end = ("netns", self.firewall, "type", "veth", "peer", "name", name, "netns", self.wires)
            _run("ip", "link", "add", name, "address", mac.hex(":"), *end)
            wires.append(f"link set {name} up")
            firewall.append(f"link set {name} arp off up")
            firewall += [f"address add {a} dev {name}" for a in self._interfaces.get(name, ())]
        firewall += [f"route add {route}" for route in self._routes]
        _run("ip", "-netns", self.wires, "-batch", "-", stdin="\n".join(wires))
        _run("ip", "-netns", self.firewall, "-batch", "-", stdin="\n".join(firewall))

    def _open(self) -> None:
        with inside(self.firewall):
            self._sync_end = _packet_socket(SYNC_WIRE)
            self._sync_end.settimeout(10)
            self._local = [_raw_socket(family, p) for family, ps in LOCAL_PROTOCOLS.items() for p in ps]
        with inside(self.wires):
            self._ends = {name: _packet_socket(name) for name in self._macs}
        self._opened = [*self._ends.values(), *self._local, self._sync_end]


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Run the calling thread in the named namespace; sockets made there stay there."""
    with Path("/proc/thread-self/ns/net").open() as home, Path("/run/netns", namespace).open() as target:
        _setns(target.fileno())
        try:
            yield
        finally:
            _setns(home.fileno())


def _setns(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _run(*command: str, stdin: str = "") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{stdin}")
    return done.stdout


def _write_setting(name: str, value: int) -> None:
    Path("/proc/sys", name).write_text(str(value))


def _sweep() -> None:
    """Remove what labs of processes that are no more have left behind."""
    for left in Path("/run/netns").glob("zg-*-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            _run("ip", "netns", "del", left.name)


def _packet_socket(interface: str) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    opened.bind((interface, ETH_P_ALL))
    opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
    return opened


def _raw_socket(family: int, protocol: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_RAW, protocol)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    return opened


def _drain(opened: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield opened.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return


def _drain_local(opened: socket.socket) -> Iterator[bytes]:
    """What a raw socket got, as whole IP packets: IPv6 ones come without their header, which is made again."""
    if opened.family == socket.AF_INET:
        yield from _drain(opened)
        return
    while True:
        try:
            data, extra, _, sender = opened.recvmsg(65536, 128, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        source = socket.inet_pton(socket.AF_INET6, sender[0].split("%")[0])
        yield struct.pack("!IHBB", 6 << 28, len(data), opened.proto, 64) + source + extra[0][2][:16] + data


def _note(seen: list[Seen], first: int, where: str, found: Parsed) -> None:
    if found.number is not None and 0 <= found.number - first < len(seen):
        index = found.number - first
        seen[index] = replace(seen[index], egress=where, packet=found.packet)
    elif found.answers is not None and 0 <= found.answers - first < len(seen):
        index = found.answers - first
        seen[index] = replace(seen[index], answer=found.answer)
