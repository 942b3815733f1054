"""A town of one Linux firewall, for tests of single checks: rules, register and packets are given, the rest stays.

eth0 mynumber 10.10.0.0/24 · eth1 lgwan 10.20.0.0/24 · eth2 internet 10.30.0.0/24 · eth3 sanitizer 10.40.0.0/24 ·
eth4 security cloud 203.0.113.0/28, by which the world is reached.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Finding, Report
from zoneguard.model.spans import SourceSpan

ROUTES = """\
default via 203.0.113.1 dev eth4
10.10.0.0/24 dev eth0 proto kernel scope link src 10.10.0.1
10.20.0.0/24 dev eth1 proto kernel scope link src 10.20.0.1
10.30.0.0/24 dev eth2 proto kernel scope link src 10.30.0.1
10.40.0.0/24 dev eth3 proto kernel scope link src 10.40.0.1
203.0.113.0/28 dev eth4 proto kernel scope link src 203.0.113.2
"""
PROJECT = """\
zoneguard: 1
profile: [%s]
model: %s
as-of: 2026-11-01
zones:
  mynumber: {class: mynumber, prefixes: [10.10.0.0/24]}
  lgwan: {class: lgwan, prefixes: [10.20.0.0/24]}
  internet: {class: internet, prefixes: [10.30.0.0/24]}
  dmz-san: {class: sanitizer, prefixes: [10.40.0.0/24]}
  cloud: {class: security-cloud, prefixes: [203.0.113.0/28]}
  world: {class: public, prefixes: [0.0.0.0/0]}
%sdevices:
  fw: {config: fw.rules, format: iptables, routes: fw.routes}
%shosts:
  mail-gw: {addresses: [10.40.0.10]}
  file-san: {addresses: [10.40.0.20]}
  vdi: {addresses: [10.30.0.50]}
%ssanitizers:
  mail: {method: mail-text, hosts: [mail-gw]}
  file: {method: file, hosts: [file-san]}
  screen: {method: screen-transfer, hosts: [vdi]%s}
allow: [%s]
exceptions: [%s]
captures: [%s]
%s"""

STARTED, CAPTURED = time.time(), datetime(2026, 10, 31, 3, tzinfo=UTC).timestamp()


@dataclass
class Town:
    """``forward`` and ``nat`` are lines of ``iptables-save``; ``allow`` and ``exceptions`` are YAML mappings,
    ``zones``, ``devices`` and ``hosts`` lines of theirs, ``more`` further keys, ``files`` the text of further files."""

    root: Path
    forward: Sequence[str] = ()
    nat: Sequence[str] = ()
    policy: str = "DROP"
    routes: str = ROUTES
    allow: Sequence[str] = ()
    exceptions: Sequence[str] = ()
    captures: dict[str, list[Packet]] = field(default_factory=dict)
    profile: str = "mikasa"
    model: str = "alpha"
    zones: Sequence[str] = ()
    hosts: Sequence[str] = ()
    more: str = ""
    display: str = ", display: [tcp/8443]"
    devices: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def audit(self) -> Report:
        """The report of both halves (of the static one alone, where nothing was captured)."""
        rules = ["*nat", ":PREROUTING ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]", *self.nat, "COMMIT"]
        rules += ["*filter", ":INPUT DROP [0:0]", f":FORWARD {self.policy} [0:0]", *self.forward, "COMMIT"]
        (self.root / "fw.rules").write_text("\n".join(rules) + "\n")
        (self.root / "fw.routes").write_text(self.routes)
        points = []
        for zone, packets in self.captures.items():
            _dated(packets)
            wrpcap(str(self.root / f"{zone}.pcap"), packets)
            points.append(f"{{path: {zone}.pcap, point: {{zone: {zone}}}}}")
        for name, text in self.files.items():
            (self.root / name).write_text(text, encoding="utf-8")
        zones, devices, hosts = (
            "".join(f"  {line}\n" for line in lines) for lines in (self.zones, self.devices, self.hosts)
        )
        rows = (", ".join(lines) for lines in (self.allow, self.exceptions, points))
        project = PROJECT % (self.profile, self.model, zones, devices, hosts, self.display, *rows, self.more)
        (self.root / "zoneguard.yaml").write_text(project, encoding="utf-8")
        return run(load_project(self.root, None))

    def findings(self, check: str) -> list[Finding]:
        """What one check says."""
        return [f for f in self.audit().findings if f.check == check]


def _dated(packets: Sequence[Packet]) -> None:
    """Move packets that were made since the tests started to the day before the audit; others were given a time."""
    for packet in packets:
        if STARTED <= float(packet.time) <= time.time():
            packet.time = CAPTURED + (float(packet.time) - STARTED)


def line(finding: Finding) -> str:
    """The text of the first line that the finding cites, without counters."""
    (first,) = [e for e in finding.evidence if isinstance(e, SourceSpan)][:1]
    return f"{first.file}:{first.first}"


def session(
    src: str, dst: str, dport: int, request: bytes = b"q", answer: bytes = b"a", mac: str = "00:00:5e:00:53:01"
) -> list[Packet]:
    """A TCP session: handshake, a request, an answer, the end."""
    there, back = Ether(src=mac, dst="00:00:5e:00:53:fe"), Ether(src="00:00:5e:00:53:fe", dst=mac)
    a = {"sport": 40000, "dport": dport}
    b = {"sport": dport, "dport": 40000}
    out, home = IP(src=src, dst=dst), IP(src=dst, dst=src)
    n, m = 1 + len(request), 1 + len(answer)
    return [
        there / out / TCP(**a, flags="S", seq=0),
        back / home / TCP(**b, flags="SA", seq=0, ack=1),
        there / out / TCP(**a, flags="A", seq=1, ack=1),
        there / out / TCP(**a, flags="PA", seq=1, ack=1) / Raw(request),
        back / home / TCP(**b, flags="PA", seq=1, ack=n) / Raw(answer),
        there / out / TCP(**a, flags="FA", seq=n, ack=m),
        back / home / TCP(**b, flags="FA", seq=m, ack=n + 1),
        there / out / TCP(**a, flags="A", seq=n + 1, ack=m + 1),
    ]


def attempt(src: str, dst: str, dport: int) -> list[Packet]:
    """A SYN that nobody answers."""
    ends = {"src": "00:00:5e:00:53:01", "dst": "00:00:5e:00:53:fe"}
    return [Ether(**ends) / IP(src=src, dst=dst) / TCP(sport=40001, dport=dport, flags="S")]


def exchange(src: str, dst: str, dport: int) -> list[Packet]:
    """A UDP question and its answer."""
    there, back = Ether(src="00:00:5e:00:53:01"), Ether(dst="00:00:5e:00:53:01")
    return [
        there / IP(src=src, dst=dst) / UDP(sport=40002, dport=dport) / Raw(b"q"),
        back / IP(src=dst, dst=src) / UDP(sport=dport, dport=40002) / Raw(b"a"),
    ]
