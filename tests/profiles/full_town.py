"""A town that keeps every clause that network data decide, in all five policies at once, and what breaks each.

Beside the zones of ``town``: a public server (dmz, eth5), remote access (eth6), development (eth7), a local breakout
(eth8) and standard systems in a government cloud. Every row is in use in a capture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.checks.town import ROUTES, Town, session
from tests.inspection.protocols.test_rdp import confirm, initial, request, response

ALL = "mikasa, yokote, gotsu, setagaya, kobe-foundation"
VPC = Path(__file__).resolve().parents[2] / "topologies/examples/aws-govcloud/configs/vpc.json"
MAC = "00:00:5e:00:53:20"
ZONES = (
    "pub: {class: dmz, prefixes: [192.0.2.0/28]}",
    "vpn: {class: remote-access, prefixes: [10.60.0.0/24]}",
    "dev: {class: development, prefixes: [10.70.0.0/24]}",
    "lbo: {class: local-breakout, prefixes: [192.0.2.64/29]}",
    "peer: {class: closed-external, prefixes: [198.18.0.0/24]}",
    "app: {class: mynumber, prefixes: [100.64.0.0/20]}",
    "db: {class: mynumber, prefixes: [100.64.2.0/24]}",
)
WAYS = ROUTES + (
    "192.0.2.0/28 dev eth5 proto kernel scope link src 192.0.2.1\n"
    "10.60.0.0/24 dev eth6 proto kernel scope link src 10.60.0.1\n"
    "10.70.0.0/24 dev eth7 proto kernel scope link src 10.70.0.1\n"
    "192.0.2.64/29 dev eth8 proto kernel scope link src 192.0.2.66\n"
    "198.18.0.0/24 dev eth9 proto kernel scope link src 198.18.0.1\n"
    "198.51.100.0/28 via 192.0.2.65 dev eth8\n"
)
HOSTS = ("lg-mail: {addresses: [10.20.0.25]}", f"tax-pc: {{addresses: [10.10.0.5], macs: ['{MAC}']}}")
ALLOW = (
    "{id: A1, from: lgwan, to: vdi, services: [tcp/8443]}",
    "{id: A2, from: mail-gw, to: lg-mail, services: [tcp/25]}",
    "{id: A3, from: internet, to: world, services: [tcp/443]}",
    "{id: A4, from: world, to: pub, services: [tcp/443]}",
    "{id: G1, from: mynumber, to: app, services: [tcp/443]}",
    "{id: G2, from: app, to: db, services: [tcp/5432]}",
)
EXCEPTION = (
    "{id: EX-1, from: tax-pc, to: 198.18.0.9, services: [tcp/443], purpose: p, applicant: a, "
    "approver: CISO (情報セキュリティ責任者), approved: 2026-01-01, expires: 2027-01-01, peer-internet: attested-no, "
    f"macs: ['{MAC}']}}"
)
RULES = {
    "screen": "-A FORWARD -i eth1 -s 10.20.0.0/24 -d 10.30.0.50/32 -o eth2 -p tcp -m tcp --dport 8443 -j ACCEPT",
    "mail": "-A FORWARD -i eth3 -s 10.40.0.10/32 -d 10.20.0.25/32 -o eth1 -p tcp -m tcp --dport 25 -j ACCEPT",
    "web": "-A FORWARD -i eth2 -s 10.30.0.0/24 ! -d 203.0.113.0/28 -o eth4 -p tcp -m tcp --dport 443 -j ACCEPT",
    "saas": "-A FORWARD -i eth2 -s 10.30.0.0/24 -d 198.51.100.0/28 -o eth8 -p tcp -m tcp --dport 443 -j ACCEPT",
    "server": "-A FORWARD -i eth4 ! -s 203.0.113.0/28 -d 192.0.2.5/32 -o eth5 -p tcp -m tcp --dport 443 -j ACCEPT",
    "exception": "-A FORWARD -i eth0 -s 10.10.0.5/32 -d 198.18.0.9/32 -o eth9 -p tcp -m tcp --dport 443 "
    "-m mac --mac-source 00:00:5E:00:53:20 -j ACCEPT",
}
CLOUD = "cloud:\n  - {id: C1, addresses: [198.51.100.0/28]}\n"

ANSWERS = b"220 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"
TEXT = b"Subject: x\r\n\r\nhello"
MACRO = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(200)


def mail(content: bytes) -> bytes:
    """One SMTP session's sending side."""
    return b"EHLO gw\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n" + content + b"\r\n.\r\n"


def program() -> bytes:
    """A web server's answer that is an executable file."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Disposition: attachment; filename=a.exe\r\n\r\n"
    return head % len(MACRO) + MACRO


def attached() -> bytes:
    """A mail with a script attached."""
    return (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.vbs\r\n\r\n"
        b'CreateObject("WScript.Shell").Run "calc"\r\n--b--'
    )


GET = b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n"
USED = {
    "lgwan": [
        *session("10.20.0.5", "10.30.0.50", 8443, request() + initial(), confirm() + response()),
        *session("10.40.0.10", "10.20.0.25", 25, mail(TEXT), ANSWERS),
    ],
    "internet": [
        *session("10.30.0.7", "192.0.2.200", 443),
        *session("10.30.0.7", "198.51.100.5", 443),
        *session("192.0.2.201", "192.0.2.5", 443),
    ],
    "mynumber": [
        *session("10.10.0.5", "198.18.0.9", 443, mac=MAC),
        *session("10.10.0.7", "100.64.1.10", 443),
        *session("100.64.1.10", "100.64.2.10", 5432),
    ],
}


def good(root: Path) -> Town:
    """The town as it should be."""
    return Town(
        root,
        forward=tuple(RULES.values()),
        routes=WAYS,
        allow=ALLOW,
        exceptions=(EXCEPTION,),
        captures={zone: list(packets) for zone, packets in USED.items()},
        profile=ALL,
        zones=ZONES,
        hosts=HOSTS,
        devices=("vpc: {config: vpc.json}",),
        files={"vpc.json": VPC.read_text(encoding="utf-8").replace("10.10.0.0/16", "10.10.0.0/24")},
        more=CLOUD,
    )


def passing(town: Town, *rules: str) -> Town:
    """With further lines in ``FORWARD``."""
    return replace(town, forward=(*town.forward, *rules))


def opened(town: Town, ingress: int, egress: int, more: str = "-p tcp -m tcp --dport 8080") -> Town:
    """With one service from interface to interface."""
    return passing(town, f"-A FORWARD -i eth{ingress} -o eth{egress} {more} -j ACCEPT")


def seen(town: Town, zone: str, *packets: object) -> Town:
    """With more packets in the capture of a zone."""
    return replace(town, captures={**town.captures, zone: [*town.captures[zone], *packets]})


def beside(town: Town, devices: tuple[str, ...], files: Mapping[str, str], zones: tuple[str, ...] = ()) -> Town:
    """With more devices and their files."""
    return replace(
        town,
        devices=(*town.devices, *devices),
        files={**town.files, **files},
        zones=(*town.zones, *zones),
    )
