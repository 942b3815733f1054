"""Linux firewalls in network namespaces, and probes sent through them: what real software does with a packet.

``Lab`` makes a namespace for each box and one for the far ends of its wires, on which this process sends and captures
frames itself. A box asks for no neighbours (``arp off``), so any address beyond any wire can be sent to without a host
there. Every probe carries a marker in its payload: a whole batch goes out in one shot, and what comes out, on a wire or
in a box's own raw sockets, is known again. Rulesets are swapped in place.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.oracle.frames import SYNC, Parsed, build, parse
from zoneguard.model.packet import Packet

LOCAL = "local"
SYNC_WIRE = "sync"
CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE, ETH_P_ALL = 263, 23, 33, 3
AF_NETLINK, NETLINK_NETFILTER = 16, 12
CT_FLUSH = struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 5, 1, 0, 0, 0, 0)
"""Delete every connection (IPCTNL_MSG_CT_DELETE) and acknowledge."""
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
    "net/netfilter/nf_conntrack_tcp_be_liberal": 1,
}
Port = tuple[str, str]
"""A box and its interface, or a box and ``LOCAL``."""

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Box:
    """Interfaces by name with their addresses (``10.0.1.1/24``), and routes as ``ip route add`` reads them."""

    interfaces: Mapping[str, Sequence[str]]
    routes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """A packet to be sent to the interface ``ingress``; ``packet.mac`` is its source MAC address.

    ``about``: of an ICMP error, the packet that it quotes.
    """

    ingress: Port
    packet: Packet
    about: Packet | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a probe: where it left the boxes, or was taken in (``LOCAL``), and as what; ``None``: nowhere.

    Of ``packet`` the fields in ``frames.ON_THE_WIRE`` count. ``answer`` is what a box sent back: ``reset``,
    ``icmp 3/1``.
    """

    egress: Port | None = None
    packet: Packet | None = None
    answer: str = ""


def unavailable(*tools: str) -> str:
    """Why no lab can be made here, or ``""``. ``tools``: programs that it needs beside ``ip``; none: the filters."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs root to make network namespaces"
    wanted = ("ip", *(tools or ("iptables-nft-restore", "nft")))
    missing = [tool for tool in wanted if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)}"
    try:
        _run("ip", "netns", "add", f"zg-{os.getpid()}-try")
        _run("ip", "netns", "del", f"zg-{os.getpid()}-try")
    except RuntimeError as error:
        return f"cannot make a network namespace: {error}"
    return ""


def tool_fails(lab: Lab, box: str, *command: str) -> str:
    """What a tool says where it does not work in a box of the lab, or ``""``."""
    try:
        lab.run(box, *command)
    except (RuntimeError, OSError) as error:
        return str(error).splitlines()[0]
    return ""


class Lab:
    """``boxes`` by name; ``joins`` are pairs of their interfaces on one wire, all others lead out to this process.

    A context manager: the namespaces are gone at its end. Raises ``RuntimeError`` with its words where a command fails.
    """

    def __init__(self, boxes: Mapping[str, Box], joins: Sequence[tuple[Port, Port]] = ()) -> None:
        self._boxes = {name: replace(b, interfaces={**b.interfaces, SYNC_WIRE: ()}) for name, b in boxes.items()}
        self._joins = joins
        self._wires = f"zg-{os.getpid()}-wires"
        joined = {port for pair in joins for port in pair}
        ports = [(box, name) for box, made in self._boxes.items() for name in made.interfaces]
        self._outer = [port for port in ports if port not in joined]
        self._macs = {port: bytes((2, 0, 0, 0, 1, n)) for n, port in enumerate(ports)}
        self._macs.update({b: self._macs[a] for a, b in joins})
        self._ends: dict[Port, socket.socket] = {}
        self._sync: list[tuple[Port, socket.socket]] = []
        self._local: list[tuple[Port, socket.socket]] = []
        self._netlink: list[socket.socket] = []
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
        """Remove the namespaces and everything in them."""
        tapped = (s for _, s in (*self._sync, *self._local))
        for opened in (*self._ends.values(), *tapped, *self._netlink):
            opened.close()
        for namespace in (self._wires, *map(self.namespace, self._boxes)):
            if Path("/run/netns", namespace).exists():
                _run("ip", "netns", "del", namespace)
        atexit.unregister(self.close)

    def namespace(self, box: str) -> str:
        """The name under which ``ip netns`` knows the box."""
        return f"zg-{os.getpid()}-{box}"

    def run(self, box: str, *command: str, stdin: str = "") -> str:
        """Run a command in the box; its output."""
        with inside(self.namespace(box)):
            return _run(*command, stdin=stdin)

    def forget_connections(self) -> None:
        """Flush the connection tracking of all boxes. Raises ``OSError`` where the kernel refuses."""
        for opened in self._netlink:
            opened.send(CT_FLUSH)
            (error,) = struct.unpack_from("=i", opened.recv(4096), 16)
            if error:
                raise OSError(-error, "connection tracking cannot be flushed")

    def send(self, probes: Sequence[Probe]) -> list[Seen]:
        """Send all probes in order and say what became of each. Connections that they open are left standing."""
        first = self._sent
        self._sent += len(probes)
        with on_one_processor():
            for number, probe in enumerate(probes, first):
                self._ends[probe.ingress].send(build(probe.packet, number, self._macs[probe.ingress], probe.about))
            self._settle()
        seen = [Seen() for _ in probes]
        for where, found in self._captured():
            if found is not None:
                _note(probes, seen, first, where, found)
        return seen

    @contextmanager
    def tap(self, port: Port) -> Iterator[Callable[[], Iterator[bytes]]]:
        """Hear every frame on a wire that leads out, whoever sends it: what is given takes those heard since."""
        with inside(self._wires):
            opened = _packet_socket(f"w{self._outer.index(port)}")
        opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 0)
        with opened:
            yield lambda: _drain(opened)

    def _captured(self) -> Iterator[tuple[Port, Parsed | None]]:
        for port in self._outer:
            for frame in _drain(self._ends[port]):
                yield port, parse(frame[14:], int.from_bytes(frame[6:12], "big"))
        for port, opened in self._local:
            for data in _drain_local(opened):
                yield port, parse(data)

    def _settle(self) -> None:
        """Wait until all that was sent is through: the one processor handles frames in the order in which they come.

        A probe crosses a wire more than there are boxes, so that many rounds of further frames go after it.
        """
        for port, opened in self._sync * (len(self._boxes) + 1):
            self._ends[port].send(self._macs[port] + bytes(6) + SYNC + bytes(46))
            while opened.recv(64)[12:14] != SYNC:
                pass

    def _build(self) -> None:
        _run("ip", "netns", "add", self._wires)
        with inside(self._wires):
            _write_setting("net/ipv6/conf/default/disable_ipv6", 1)
        for box in self._boxes:
            _run("ip", "netns", "add", self.namespace(box))
            with inside(self.namespace(box)):
                for name, value in SETTINGS.items():
                    _write_setting(name, value)
        for number, port in enumerate(self._outer):
            self._veth(port, ("name", f"w{number}", "netns", self._wires))
        for a, b in self._joins:
            self._veth(a, ("name", b[1], "address", self._macs[b].hex(":"), "netns", self.namespace(b[0])))
        up = "\n".join(f"link set w{number} up" for number in range(len(self._outer)))
        _run("ip", "-netns", self._wires, "-batch", "-", stdin=up)
        links, routes = {}, {}
        for name, made in self._boxes.items():
            links[name] = ["link set lo up", *(f"link set dev {i} arp off up" for i in made.interfaces)]
            links[name] += [f"address add {a} dev {i}" for i, addresses in made.interfaces.items() for a in addresses]
            routes[name] = [f"route add {route}" for route in made.routes]
        for lines in (links, routes):
            for name in self._boxes:
                _run("ip", "-netns", self.namespace(name), "-batch", "-", stdin="\n".join(lines[name]))

    def _veth(self, port: Port, other_end: tuple[str, ...]) -> None:
        near = ("name", port[1], "address", self._macs[port].hex(":"), "netns", self.namespace(port[0]))
        _run("ip", "link", "add", *near, "type", "veth", "peer", *other_end)

    def _open(self) -> None:
        for box in self._boxes:
            with inside(self.namespace(box)):
                self._sync.append(((box, SYNC_WIRE), _packet_socket(SYNC_WIRE, timeout=10)))
                made = (_raw_socket(family, p) for family, protocols in LOCAL_PROTOCOLS.items() for p in protocols)
                self._local += [((box, LOCAL), opened) for opened in made]
                self._netlink.append(socket.socket(AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER))
        with inside(self._wires):
            self._ends = {port: _packet_socket(f"w{number}") for number, port in enumerate(self._outer)}


@contextmanager
def on_one_processor() -> Iterator[None]:
    """Run the calling thread on one processor: it handles frames in the order in which they are sent."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(allowed)[os.getpid() % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


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


def _packet_socket(interface: str, timeout: float | None = None) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    opened.bind((interface, ETH_P_ALL))
    opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
    opened.settimeout(timeout)
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


def _note(probes: Sequence[Probe], seen: list[Seen], first: int, where: Port, found: Parsed) -> None:
    number, answers = found.number, found.answers
    if answers is not None and 0 <= answers - first < len(seen) and probes[answers - first].about is not None:
        number, answers = answers, None  # an error that quotes a packet is the probe itself
    if number is not None and 0 <= number - first < len(seen):
        index = number - first
        seen[index] = replace(seen[index], egress=where, packet=found.packet)
    elif answers is not None and 0 <= answers - first < len(seen):
        index = answers - first
        seen[index] = replace(seen[index], answer=found.answer)
