"""Three network namespaces, left - box - right, in which the Linux kernel itself runs a ruleset.

``Wire.send`` puts one packet into ``left`` and tells how it came out in ``right``. The namespaces are this process's
own and vanish with it; nothing leaves them.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.packet import Packet
from zoneguard.parsers._iptables.ruleset import TABLES

LEFT, RIGHT = "10.1.0.2", "10.2.0.2"
TOOLS = ("ip", "iptables-restore", "iptables-legacy-restore", "iptables-save")

_WORKER = r"""
import json, select, socket, struct, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
def total(data):
    data += b"\0" * (len(data) % 2)
    value = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while value >> 16:
        value = (value & 0xffff) + (value >> 16)
    return ~value & 0xffff
def build(p, ident):
    src, dst, proto = socket.inet_aton(p["src"]), socket.inet_aton(p["dst"]), p["proto"]
    if proto == 6:
        body = struct.pack("!HHIIBBHHH", p["sport"], p["dport"], 1, 0, 5 << 4, p["flags"], 1000, 0, 0)
        at = 16
    elif proto == 17:
        body = struct.pack("!HHHH", p["sport"], p["dport"], 8, 0)
        at = 6
    elif proto == 1:
        body = struct.pack("!BBHHH", p["icmp"] >> 8, p["icmp"] & 255, 0, ident, 1)
        at = 2
    else:
        body, at = b"\0" * 8, None
    if at is not None:
        pseudo = b"" if proto == 1 else src + dst + struct.pack("!BBH", 0, proto, len(body))
        body = body[:at] + struct.pack("!H", total(pseudo + body)) + body[at + 2:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, 0, 64, proto, 0, src, dst)
    return head + body
def seen(ident, wait):
    end = time.monotonic() + wait
    while (left := end - time.monotonic()) > 0:
        if select.select([tap], [], [], left)[0]:
            data, address = tap.recvfrom(2048)
            if address[2] != 4 and len(data) >= 24 and struct.unpack("!H", data[4:6])[0] == ident:
                p = {"src": socket.inet_ntoa(data[12:16]), "dst": socket.inet_ntoa(data[16:20]), "proto": data[9]}
                p["sport"], p["dport"] = struct.unpack("!HH", data[20:24]) if p["proto"] in (6, 17) else (0, 0)
                return p
    return None
def forget():
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    with link:
        link.send(struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 5, 1, 0, 0, 0, 0))
        return struct.unpack("=i", link.recv(4096)[16:20])[0]
print("ready", flush=True)
for line in sys.stdin:
    ask = json.loads(line)
    if "send" in ask:
        packet = build(ask["send"], ask["id"])
        out.sendto(packet, (ask["send"]["dst"], 0))
        print("{}", flush=True)
    elif "forget" in ask:
        print(json.dumps(forget()), flush=True)
    else:
        print(json.dumps(seen(ask["id"], ask["wait"])), flush=True)
"""


class Wire:
    """The namespaces with their workers; ``variant`` is ``nft`` or ``legacy``."""

    def __init__(self, variant: str) -> None:
        self.restore = "iptables-restore" if variant == "nft" else "iptables-legacy-restore"
        self._names = [f"zg{os.getpid()}{variant[0]}{side}" for side in "lbr"]
        self._stack = contextlib.ExitStack()
        self._ids = itertools.count(1)

    def __enter__(self) -> Wire:
        left, box, right = self._names
        for name in self._names:
            _run("ip", "netns", "add", name)
            self._stack.callback(subprocess.run, ["ip", "netns", "del", name], check=False)
        for side, device, subnet in ((left, "eth0", "10.1.0"), (right, "eth1", "10.2.0")):
            _run("ip", "-n", box, "link", "add", device, "type", "veth", "peer", "name", "host", "netns", side)
            _run("ip", "-n", box, "addr", "add", f"{subnet}.1/24", "dev", device)
            _run("ip", "-n", box, "link", "set", device, "up")
            _run("ip", "-n", side, "addr", "add", f"{subnet}.2/24", "dev", "host")
            _run("ip", "-n", side, "link", "set", "host", "up")
            _run("ip", "-n", side, "route", "add", "default", "via", f"{subnet}.1")
        _run("ip", "-n", box, "route", "add", "10.9.0.0/16", "via", RIGHT)
        _run("ip", "-n", right, "addr", "add", "10.9.0.1/16", "dev", "host")
        self._in_box("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0")
        self._sender, self._box, self._tap = (self._worker(name) for name in self._names)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def load(self, text: str) -> None:
        """Replace every table and IP set. Raises ``RuntimeError`` with the tool's words where it refuses."""
        sets, ruleset = ("".join(part) for part in _parted(text))
        empty = "".join(
            f"*{table}\n" + "".join(f":{chain} ACCEPT [0:0]\n" for chain in chains) + "COMMIT\n"
            for table, chains in TABLES.items()
            if table != "security"
        )
        self._in_box(self.restore, text=empty)
        if shutil.which("ipset"):
            self._forget_sets()
            self._in_box("ipset", "restore", text=sets)
        self._in_box(self.restore, text=ruleset)

    def _forget_sets(self) -> None:
        """The kernel lets go of the sets of deleted rules a moment later."""
        self._in_box("ipset", "flush")
        end = time.monotonic() + 5
        while True:
            try:
                self._in_box("ipset", "destroy")
                break
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def send(self, packet: Packet, patience: float = 0.02) -> Packet | None:
        """How ``packet``, of no session that the box knows, arrived on the right; ``None``: it did not."""
        assert not self._ask(self._box, {"forget": True})
        number = next(self._ids)
        fields = {"src": format_address(packet.src), "dst": format_address(packet.dst), "proto": packet.proto,
                  "sport": packet.sport, "dport": packet.dport, "flags": packet.flags, "icmp": packet.icmp}  # fmt: skip
        self._ask(self._sender, {"send": fields, "id": number})
        arrived = self._ask(self._tap, {"id": number, "wait": patience})
        if arrived is None:
            return None
        changed = {k: int(v) for k, v in arrived.items() if k in ("sport", "dport")}
        return replace(packet, src=parse_address(arrived["src"]), dst=parse_address(arrived["dst"]), **changed)

    def _in_box(self, *words: str, text: str = "") -> None:
        _run("ip", "netns", "exec", self._names[1], *words, text=text)

    def _worker(self, name: str) -> subprocess.Popen[str]:
        command = ["ip", "netns", "exec", name, sys.executable, "-I", "-c", _WORKER]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._stack.callback(worker.wait)
        self._stack.callback(worker.terminate)
        assert worker.stdin is not None
        assert worker.stdout is not None
        self._stack.callback(worker.stdout.close)
        self._stack.callback(worker.stdin.close)
        assert worker.stdout.readline() == "ready\n"
        return worker

    @staticmethod
    def _ask(worker: subprocess.Popen[str], question: object) -> dict[str, str] | None:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps(question) + "\n")
        worker.stdin.flush()
        answer: dict[str, str] | None = json.loads(worker.stdout.readline())
        return answer


def _parted(text: str) -> tuple[list[str], list[str]]:
    """Lines of ``ipset save`` and those of ``iptables-save``."""
    lines = text.splitlines(keepends=True)
    sets = [line for line in lines if line.startswith(("create ", "add "))]
    return sets, [line for line in lines if line not in sets]


def _run(*words: str, text: str = "") -> None:
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")


def unavailable() -> str:
    """Why namespaces cannot be made here; empty where they can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        return f"needs root and {', '.join(missing) or 'nothing else'}"
    name = f"zg{os.getpid()}x"
    try:
        _run("ip", "netns", "add", name)
        _run("ip", "-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return f"network namespaces cannot be made: {error}"
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
    return ""


def opened(variant: str) -> Iterator[Wire]:
    """A wire for a fixture."""
    with Wire(variant) as wire:
        yield wire
