"""Make the captures of two-zone-foundation and of its broken twin: ``python -m captures.two_zone_foundation OUTDIR``.

Writes ``OUTDIR/two-zone-foundation/captures/*.pcap`` and ``OUTDIR/two-zone-foundation-broken/captures/*.pcap``
(``topologies`` as OUTDIR renews the shipped ones). Every run gives the same bytes. The clean captures use each
allowance C1 to C5 and EX-21 in real sessions; the broken ones add the planted violations 8, 9 and 10, and the page of
violation 6.
"""

from __future__ import annotations

import random

from captures import content
from captures.wire import (
    SECOND,
    Capture,
    Station,
    TcpSession,
    datagrams,
    ether,
    mac,
    main,
    ping,
    resolve,
    spanning_tree,
)
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

ROUTER = {"office": mac(0xD1), "server": mac(0xD4), "mn": mac(0xD5), "guest": mac(0xD6), "wan": mac(0xD2)}
SWITCH = mac(0x97)
HTML = b"<!DOCTYPE html><html><head><title>NEWS</title></head><body>" + b"<p>news</p>" * 40 + b"</body></html>"
CLERK, OTHER, BRANCH = "192.168.10.11", "192.168.10.12", "192.168.11.21"
PAYROLL, FILES, POOL = "192.168.50.3", "192.168.20.10", "192.168.200.7"


def office(broken: bool) -> Capture:
    """The mirror of the office VLAN: C1, C2, C5, and a printer that nobody hears.

    Broken: the printer scans into a share of the payroll terminal (8); a terminal that was entered from outside by
    remote desktop goes on into My Number zone (10).
    """
    capture = Capture()
    router = ROUTER["office"]
    clerk, other = Station(CLERK, mac(0x11), 128), Station(OTHER, mac(0x12), 128)
    branch, printer = Station(BRANCH, mac(0x21), 128), Station("192.168.10.200", mac(0xC8))
    spanning_tree(capture, 0, SWITCH)
    resolve(capture, SECOND, clerk, Station("192.168.10.1", router))
    ping(capture, 2 * SECOND, clerk, printer)
    files, web = Station(FILES, router, 127), Station("198.51.100.80", router, 52)
    TcpSession(capture, 6 * SECOND, clerk, files, (49100, 445)).run(content.smb())
    TcpSession(capture, 7 * SECOND, branch, files, (49101, 443)).run(content.tls("gyoumu.two-zone.example", 600, 2400))
    TcpSession(capture, 9 * SECOND, clerk, web, (49110, 80)).run(content.http(b"www.example.jp", b"/", HTML))
    TcpSession(capture, 10 * SECOND, other, web, (49111, 443)).run(content.tls("service.example.jp", 560, 3900))
    names = Station("198.51.100.53", router, 54)
    datagrams(capture, 12 * SECOND, clerk, names, (51001, 53), content.dns("www.example.jp", "198.51.100.80"))
    city = Station("10.200.0.20", router, 60)
    TcpSession(capture, 14 * SECOND, clerk, city, (49120, 443)).run(content.tls("gyoumu.city.example", 500, 1700))
    TcpSession(capture, 16 * SECOND, printer, Station(PAYROLL, router), (40444, 445)).attempt()
    if broken:
        payroll, pool = Station(PAYROLL, router, 127), Station(POOL, router, 126)
        TcpSession(capture, 30 * SECOND, printer, payroll, (40445, 445)).run(
            content.smb_file(r"\\kyuuyo-pc\scan", "scan0001.txt", b"scan\r\n" * 90)
        )
        TcpSession(capture, 40 * SECOND, pool, other, (54110, 3389)).run(content.rdp(b"somu02"))
        TcpSession(capture, 48 * SECOND, other, payroll, (49130, 445)).run(content.smb())
    return capture


def servers(broken: bool) -> Capture:
    """The mirror of the server VLAN: C1, C4; broken: a guest at the file server (9)."""
    capture = Capture()
    router, files = ROUTER["server"], Station(FILES, mac(0x5F))
    resolve(capture, SECOND, Station("192.168.20.1", router), files)
    TcpSession(capture, 6 * SECOND + 300, Station(CLERK, router, 127), files, (49100, 445)).run(content.smb())
    TcpSession(capture, 20 * SECOND, Station(POOL, router, 126), files, (54100, 445)).run(content.smb())
    if broken:
        guest = Station("192.168.99.57", router, 63)
        TcpSession(capture, 35 * SECOND + 300, guest, files, (50445, 445)).run(content.smb())
    return capture


def payroll(_: bool) -> Capture:
    """The mirror of the My Number ports: EX-21."""
    capture = Capture()
    terminal, router = Station(PAYROLL, mac(0x50), 128), ROUTER["mn"]
    resolve(capture, SECOND, terminal, Station("192.168.50.1", router))
    filing = Station("192.0.2.10", router, 53)
    TcpSession(capture, 8 * SECOND, terminal, filing, (49210, 443)).run(content.tls("filing.example.jp", 2600, 1400))
    return capture


def guests(broken: bool) -> Capture:
    """The mirror of the guests' wireless network: a registered tablet that gets nowhere.

    Broken: a device that nobody knows, and what it opens (9).
    """
    capture = Capture()
    tablet, router = Station("192.168.99.20", mac(0x99)), ROUTER["guest"]
    resolve(capture, SECOND, tablet, Station("192.168.99.1", router))
    TcpSession(capture, 5 * SECOND, tablet, Station("198.51.100.80", router), (50443, 443)).attempt()
    if broken:
        guest = Station("192.168.99.57", "00:00:5e:00:53:e7")
        resolve(capture, 34 * SECOND, guest, Station("192.168.99.1", router))
        TcpSession(capture, 35 * SECOND, guest, Station(FILES, router, 63), (50445, 445)).run(content.smb())
    return capture


def published(broken: bool) -> Capture:
    """The mirror of the public segment: C3; broken: a page without TLS (6)."""
    capture = Capture()
    firewall, web = mac(0xA7), Station("192.168.30.2", mac(0x5A))
    resolve(capture, SECOND, Station("192.168.30.1", firewall), web)
    citizen = Station("198.51.100.201", firewall, 47)
    TcpSession(capture, 5 * SECOND, citizen, web, (40443, 443)).run(content.tls("www.two-zone.example", 400, 5200))
    if broken:
        TcpSession(capture, 31 * SECOND, citizen, web, (40480, 80)).run(
            content.http(b"www.two-zone.example", b"/news.html", HTML)
        )
    return capture


def uplink(broken: bool) -> Capture:
    """The line to the Internet: the tunnel of a terminal outside; broken: one from a public wireless network (10)."""
    capture = Capture()
    gateway = Station("203.0.113.34", ROUTER["wan"])
    resolve(capture, SECOND, gateway, Station("203.0.113.33", mac(0xF1)))
    _tunnel(capture, 18 * SECOND, Station("192.0.2.70", mac(0xF1), 55), gateway)
    if broken:
        _tunnel(capture, 38 * SECOND, Station("198.51.100.240", mac(0xF1), 49), gateway)
    return capture


def _tunnel(capture: Capture, at: int, client: Station, gateway: Station) -> None:
    """IPsec behind address translation, RFC 3948: ESP in UDP, both ways."""
    numbers = random.Random(f"esp {client.ip}")
    for number in range(6):
        source, target = (client, gateway) if number % 2 == 0 else (gateway, client)
        spi = (0x0C0FFEE1 if number % 2 == 0 else 0x0BADCAFE).to_bytes(4, "big")
        body = spi + (number + 1).to_bytes(4, "big") + numbers.randbytes(132)
        header = IP(src=source.ip, dst=target.ip, ttl=source.ttl, id=900 + number)
        capture.add(at, ether(source, target, None) / header / UDP(sport=4500, dport=4500) / Raw(body))
        at += 40_000


POINTS = {
    "office.pcap": office,
    "server.pcap": servers,
    "payroll.pcap": payroll,
    "guest.pcap": guests,
    "web.pcap": published,
    "uplink.pcap": uplink,
}

if __name__ == "__main__":
    main("two-zone-foundation", POINTS)
