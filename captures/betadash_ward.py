"""Make the captures of betadash-ward and of its broken twin: ``python -m captures.betadash_ward OUTDIR``.

Writes ``OUTDIR/betadash-ward/captures/*.pcap`` and ``OUTDIR/betadash-ward-broken/captures/*.pcap`` (``topologies`` as
OUTDIR renews the shipped ones). Every run gives the same bytes. The clean captures use each allowance B1 to B12 and
EX-11 in real sessions; the broken ones add the planted violations 8, 9 and 10.
"""

from __future__ import annotations

from captures import content, docm
from captures.wire import (
    CORE,
    SECOND,
    Capture,
    Station,
    TcpSession,
    datagrams,
    mac,
    main,
    neighbour,
    ping,
    resolve,
    spanning_tree,
)

HTML = b"<!DOCTYPE html><html><head><title>ASP</title></head><body>" + b"<p>LGWAN</p>" * 60 + b"</body></html>"
MAIL = (b"lg-mail.betadash-ward.example", b"mx.lgwan.example")


def noise(capture: Capture, client: Station, gateway: Station, neighbouring: Station, at: int = 0) -> None:
    """What every LAN has: spanning tree, LLDP, ARP, a ping of a neighbour and a name query that nobody answers."""
    spanning_tree(capture, at, CORE)
    neighbour(capture, at + 300_000, CORE, b"ax-core")
    resolve(capture, at + SECOND, client, gateway)
    ping(capture, at + 2 * SECOND, client, neighbouring)
    group = Station("224.0.0.252", "01:00:5e:00:00:fc")
    datagrams(capture, at + 4 * SECOND, client, group, (55100, 5355), content.name_query("pc-" + client.ip[-2:]))


def mynumber_edge(broken: bool) -> Capture:
    """The mirror of the My Number VLANs: B12, EX-11, a SYN that the firewall drops.

    Broken: SYNs of the remote-access pool that arrive (10).
    """
    capture = Capture()
    terminal, renkei = Station("172.16.10.15", mac(0x15), 128), Station("172.16.20.20", mac(0x20))
    noise(capture, terminal, Station("172.16.10.254", CORE), Station("172.16.10.16", mac(0x16), 128))
    cloud, peer = Station("100.64.3.10", CORE, 59), Station("198.18.77.10", CORE, 60)
    TcpSession(capture, 6 * SECOND, terminal, cloud, (49100, 443)).run(
        content.tls("jumin.gcas.betadash-ward.example", 700, 4100)
    )
    TcpSession(capture, 9 * SECOND, renkei, peer, (49210, 443)).run(content.tls("shinsei.lgwan.example", 640, 2900))
    TcpSession(capture, 12 * SECOND, terminal, Station("172.17.1.30", CORE), (49120, 445)).attempt()
    if broken:
        pool = Station("172.24.0.55", CORE, 125)
        TcpSession(capture, 30 * SECOND, pool, terminal, (50445, 445)).attempt()
    return capture


def lgwan_edge(broken: bool) -> Capture:
    """The mirror of the LGWAN VLANs: B1, B3, B11.

    Broken: a workbook with a macro written into a share from the Internet zone, and a locked archive that the file
    sanitizer, its TLS switched off, hands out (8).
    """
    capture = Capture()
    client, mail = Station("172.17.4.41", mac(0x41), 128), Station("172.17.1.10", mac(0x1A))
    noise(capture, client, Station("172.17.4.254", CORE), Station("172.17.4.42", mac(0x42), 128), 100_000)
    outside, screen = Station("172.20.10.31", CORE, 126), Station("172.17.8.11", mac(0x8B), 128)
    sanitizer = Station("172.23.0.20", CORE, 62)
    for number, (port, name, down) in enumerate(
        ((443, "view.betadash-ward.example", 1900), (8443, "view.betadash-ward.example", 1300), (22443, "", 6200))
    ):
        TcpSession(capture, (6 + number) * SECOND, outside, screen, (52100 + number, port)).run(
            content.tls(name, 420, down)
        )
    TcpSession(capture, 12 * SECOND, client, sanitizer, (52110, 443)).run(
        content.tls("file-san.betadash-ward.example", 380, 4200)
    )
    asp, lgwan_mail = Station("198.18.20.10", CORE, 58), Station("198.18.20.25", CORE, 58)
    names = Station("198.18.5.53", CORE, 58)
    datagrams(capture, 14 * SECOND, client, names, (52120, 53), content.dns("asp.lgwan.example", "198.18.20.10"))
    TcpSession(capture, 15 * SECOND, client, asp, (52121, 80)).run(content.http(b"asp.lgwan.example", b"/", HTML))
    TcpSession(capture, 16 * SECOND, client, asp, (52122, 443)).run(content.tls("asp.lgwan.example", 510, 2300))
    TcpSession(capture, 18 * SECOND, mail, lgwan_mail, (41025, 25)).run(
        content.smtp(content.report_mail(), *MAIL, content.CITY, content.PREFECTURE)
    )
    if broken:
        share = Station("172.17.1.30", mac(0x1E))
        TcpSession(capture, 32 * SECOND, outside, share, (52140, 445)).run(
            content.smb_file(r"\\lg-file\kyouyuu", "shinsei.xlsm", docm.workbook())
        )
        TcpSession(capture, 36 * SECOND, client, sanitizer, (52150, 443)).run(
            content.http(
                b"file-san.betadash-ward.example",
                b"/out/meibo.zip",
                content.locked_zip("meibo.csv"),
                b"application/zip",
            )
        )
    return capture


def internet_edge(broken: bool) -> Capture:
    """The mirror of the terminals' VLANs: B2, B4, B5, B6, B9 and a SYN that the firewall drops.

    Broken: file sharing from terminal to terminal, and on to a third one (10).
    """
    capture = Capture()
    client, other = Station("172.20.10.31", mac(0x71), 128), Station("172.20.10.32", mac(0x72), 128)
    noise(capture, client, Station("172.20.10.254", CORE), other, 200_000)
    web, meeting = Station("198.51.100.80", CORE, 50), Station("192.0.2.20", CORE, 54)
    groupware, proxy = Station("198.51.100.150", CORE, 52), Station("203.0.113.17", CORE, 61)
    TcpSession(capture, 7 * SECOND, client, web, (53100, 80)).run(content.http(b"www.example.jp", b"/index.html", HTML))
    TcpSession(capture, 8 * SECOND, client, web, (53101, 443)).run(content.tls("service.example.jp", 560, 3900))
    TcpSession(capture, 10 * SECOND, client, proxy, (53102, 80)).run(content.http(b"wpad.example.jp", b"/p.pac", HTML))
    TcpSession(capture, 11 * SECOND, client, proxy, (53103, 443)).run(content.tls("proxy.example.jp", 300, 900))
    TcpSession(capture, 12 * SECOND, client, Station("172.23.0.20", CORE, 62), (53110, 443)).run(
        content.tls("file-san.betadash-ward.example", 3800, 420)
    )
    TcpSession(capture, 14 * SECOND, client, Station("172.21.1.10", CORE, 62), (53120, 443)).run(
        content.tls("jinji.betadash-ward.example", 800, 3300)
    )
    TcpSession(capture, 16 * SECOND, client, meeting, (53130, 443)).run(content.tls("room.meeting.example", 900, 2600))
    for number in range(4):
        datagrams(capture, 18 * SECOND + number, client, meeting, (53131 + number, 3478 + number), content.stun(number))
    TcpSession(capture, 20 * SECOND, client, groupware, (53140, 443)).run(
        content.tls("mail.groupware.example", 900, 2600)
    )
    TcpSession(capture, 22 * SECOND, client, Station("172.21.1.30", CORE), (53150, 445)).attempt()
    if broken:
        third = Station("172.20.10.33", mac(0x73), 128)
        TcpSession(capture, 40 * SECOND, client, other, (53160, 445)).run(
            content.smb_file(r"\\pc-32\c$", "setup.txt", b"zoneguard reference file\r\n" * 40)
        )
        TcpSession(capture, 44 * SECOND, other, third, (53161, 445)).run(
            content.smb_file(r"\\pc-33\c$", "setup.txt", b"zoneguard reference file\r\n" * 40)
        )
    return capture


def business_edge(broken: bool) -> Capture:
    """The mirror of the servers of internal business: B4, B8; broken: remote desktop of the remote-access pool (10)."""
    capture = Capture()
    firewall, server = mac(0xA2), Station("172.21.1.10", mac(0x10))
    resolve(capture, SECOND, Station("172.21.0.1", firewall), server)
    client, pool = Station("172.20.10.31", firewall, 125), Station("172.24.0.55", firewall, 126)
    TcpSession(capture, 14 * SECOND + 300, client, server, (53120, 443)).run(
        content.tls("jinji.betadash-ward.example", 800, 3300)
    )
    TcpSession(capture, 20 * SECOND, pool, server, (54100, 443)).run(
        content.tls("jinji.betadash-ward.example", 600, 2100)
    )
    if broken:
        TcpSession(capture, 33 * SECOND, pool, server, (54110, 3389)).run(content.rdp(b"hr-kanri"))
    return capture


def published_edge(_: bool) -> Capture:
    """The mirror of the public segment: B7 and B10, as the firewall has translated them."""
    capture = Capture()
    firewall, web = mac(0xA3), Station("172.22.0.10", mac(0x22))
    resolve(capture, SECOND, Station("172.22.0.1", firewall), web)
    citizen, watch = Station("192.0.2.201", firewall, 47), Station("203.0.113.26", firewall, 60)
    TcpSession(capture, 5 * SECOND, citizen, web, (40443, 443)).run(content.tls("www.betadash-ward.example", 400, 5200))
    TcpSession(capture, 8 * SECOND, watch, web, (41443, 443)).run(content.tls("www.betadash-ward.example", 300, 900))
    return capture


def breakout(broken: bool) -> Capture:
    """The line of the local breakout, behind the translation: B6.

    Broken: a service that nobody approved, and QUIC past the proxy (9).
    """
    capture = Capture()
    router = mac(0xF1)
    gateway = Station("198.51.100.2", mac(0xA1), 127)
    resolve(capture, SECOND, gateway, Station("198.51.100.1", router))
    meeting, groupware = Station("192.0.2.20", router, 55), Station("198.51.100.150", router, 53)
    TcpSession(capture, 16 * SECOND + 300, gateway, meeting, (53130, 443)).run(
        content.tls("room.meeting.example", 900, 2600)
    )
    datagrams(capture, 18 * SECOND + 300, gateway, meeting, (53131, 3478), content.stun(0))
    TcpSession(capture, 20 * SECOND + 300, gateway, groupware, (53140, 443)).run(
        content.tls("mail.groupware.example", 900, 2600)
    )
    TcpSession(capture, 21 * SECOND, gateway, groupware, (53141, 443)).run(content.tls("", 300, 700))
    if broken:
        storage, media = Station("192.0.2.200", router, 51), Station("192.0.2.210", router, 51)
        TcpSession(capture, 30 * SECOND, gateway, storage, (53170, 443)).run(
            content.tls("upload.storage.example", 9000, 700)
        )
        datagrams(capture, 35 * SECOND, gateway, media, (53171, 443), content.quic(0))
    return capture


POINTS = {
    "mn-edge.pcap": mynumber_edge,
    "lg-edge.pcap": lgwan_edge,
    "in-edge.pcap": internet_edge,
    "insv-edge.pcap": business_edge,
    "dmz.pcap": published_edge,
    "lbo.pcap": breakout,
}

if __name__ == "__main__":
    main("betadash-ward", POINTS)
