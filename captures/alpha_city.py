"""Make the captures of alpha-city and of its broken twin: ``python -m captures.alpha_city OUTDIR``.

Writes ``OUTDIR/alpha-city/captures/*.pcap`` and ``OUTDIR/alpha-city-broken/captures/*.pcap`` (``topologies`` as OUTDIR
renews the shipped ones). Every run gives the same bytes. The clean captures use each allowance A1 to A7 and each
exception EX-01 to EX-03 in real sessions; the broken ones add the planted violations 8, 9 and 10.
"""

from __future__ import annotations

from captures import content
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
VLAN_CS, VLAN_RENKEI, VLAN_MN = 10, 20, 30


def mynumber_edge(broken: bool) -> Capture:
    """The mirror of the My Number VLANs, tagged: EX-01, EX-02, EX-03; broken: a terminal on the Internet (10)."""
    capture = Capture()
    renkei, chukan = Station("10.10.20.20", mac(0x20)), Station("10.10.20.30", mac(0x30))
    juki, terminal = Station("10.10.10.10", mac(0x10)), Station("10.10.30.66", mac(0x66), 128)
    firewall, cs_gw = mac(0xA3), mac(0xC1)
    spanning_tree(capture, 0, CORE)
    neighbour(capture, 400_000, CORE, b"l3core")
    resolve(capture, SECOND, renkei, Station("10.10.20.1", firewall), VLAN_RENKEI)
    resolve(capture, 2 * SECOND, juki, Station("10.10.10.1", cs_gw), VLAN_CS)
    resolve(capture, 3 * SECOND, terminal, Station("10.10.30.254", CORE), VLAN_MN)
    ping(capture, 4 * SECOND, terminal, Station("10.10.40.10", CORE, 63), vlan=VLAN_MN)
    group = Station("224.0.0.252", "01:00:5e:00:00:fc")
    datagrams(capture, 6 * SECOND, terminal, group, (55102, 5355), content.name_query("mn-pc-066"), VLAN_MN)
    eltax, server = Station("198.18.77.10", firewall, 60), Station("198.18.80.10", firewall, 60)
    TcpSession(capture, 10 * SECOND, renkei, eltax, (49210, 443), VLAN_RENKEI).run(
        content.tls("eltax.lgwan.example", 640, 2900)
    )
    TcpSession(capture, 14 * SECOND, chukan, server, (49330, 443), VLAN_RENKEI).run(
        content.tls("chukan.lgwan.example", 900, 1500)
    )
    center = Station("198.19.0.10", cs_gw, 62)
    TcpSession(capture, 18 * SECOND, juki, center, (49410, 443), VLAN_CS).run(content.tls("cs.juki.example", 700, 1900))
    if broken:
        rogue = mac(0xF9)
        resolve(capture, 30 * SECOND, terminal, Station("10.10.30.253", rogue), VLAN_MN)
        public, clock = Station("192.0.2.80", rogue, 51), Station("192.0.2.123", rogue, 54)
        TcpSession(capture, 31 * SECOND, terminal, public, (50120, 443), VLAN_MN).run(
            content.tls("www.example.com", 800, 3100)
        )
        datagrams(capture, 36 * SECOND, terminal, clock, (123, 123), content.ntp(), VLAN_MN)
    return capture


def lgwan_edge(broken: bool) -> Capture:
    """The mirror of the LGWAN VLANs: A3, A5, A7 and a SYN that the firewall drops; broken: side channels to VDI (9)."""
    capture = Capture()
    client, other = Station("10.20.30.41", mac(0x41), 128), Station("10.20.30.42", mac(0x42), 128)
    mail, gateway = Station("10.20.10.10", mac(0x1A)), Station("10.20.30.254", CORE)
    vdi, sanitizer = Station("10.30.50.11", CORE, 126), Station("10.40.1.20", CORE, 62)
    asp, lgwan_mail = Station("198.18.20.10", CORE, 58), Station("198.18.20.25", CORE, 58)
    names = Station("198.18.5.53", CORE, 58)
    spanning_tree(capture, 100_000, CORE)
    neighbour(capture, 500_000, CORE, b"l3core")
    resolve(capture, SECOND, client, gateway)
    resolve(capture, SECOND + 9_000, mail, Station("10.20.10.254", CORE))
    ping(capture, 2 * SECOND, client, other)
    inside = Station("10.20.10.53", CORE, 127)
    datagrams(
        capture, 5 * SECOND, client, inside, (51001, 53), content.dns("lg-mail.alpha-city.example", "10.20.10.10")
    )
    TcpSession(capture, 6 * SECOND, client, vdi, (52100, 8443)).run(content.tls("vdi.alpha-city.example", 420, 1300))
    TcpSession(capture, 7 * SECOND, client, vdi, (52101, 22443)).run(
        content.tls("vdi-11.alpha-city.example", 300, 5200)
    )
    datagrams(capture, 8 * SECOND, client, vdi, (52102, 22443), content.dtls("vdi-11"))
    TcpSession(capture, 12 * SECOND, client, sanitizer, (52110, 443)).run(
        content.tls("file-san.alpha-city.example", 380, 4200)
    )
    datagrams(capture, 14 * SECOND, client, names, (52120, 53), content.dns("asp.lgwan.example", "198.18.20.10"))
    TcpSession(capture, 15 * SECOND, client, asp, (52121, 80)).run(content.http(b"asp.lgwan.example", b"/", HTML))
    TcpSession(capture, 16 * SECOND, client, asp, (52122, 443)).run(content.tls("asp.lgwan.example", 510, 2300))
    TcpSession(capture, 18 * SECOND, mail, lgwan_mail, (41025, 25)).run(
        content.smtp(
            content.report_mail(),
            b"lg-mail.alpha-city.example",
            b"mx.lgwan.example",
            content.CITY,
            content.PREFECTURE,
        )
    )
    TcpSession(capture, 22 * SECOND, client, Station("10.30.30.21", CORE), (52130, 445)).attempt()
    if broken:
        TcpSession(capture, 32 * SECOND, client, vdi, (52140, 445)).run(content.smb())
        TcpSession(capture, 34 * SECOND, client, vdi, (52141, 9427)).run(content.redirection())
    return capture


def internet_edge(broken: bool) -> Capture:
    """The mirror of the Internet VLANs: A1, A4 direct and by the firewall's alias address, A6.

    Broken: one more terminal, whose MAC is that of a My Number terminal (10).
    """
    capture = Capture()
    client, mail = Station("10.30.30.21", mac(0x71), 128), Station("10.30.10.10", mac(0x72))
    names = Station("10.30.10.53", CORE, 63)
    web, site = Station("198.51.100.80", CORE, 50), Station("198.51.100.10", CORE, 51)
    spanning_tree(capture, 200_000, CORE)
    neighbour(capture, 600_000, CORE, b"l3core")
    resolve(capture, SECOND, client, Station("10.30.30.254", CORE))
    resolve(capture, SECOND + 7_000, mail, Station("10.30.10.254", CORE))
    ping(capture, 2 * SECOND, client, Station("10.30.30.22", mac(0x73), 128))
    group = Station("224.0.0.252", "01:00:5e:00:00:fc")
    datagrams(capture, 5 * SECOND, client, group, (55210, 5355), content.name_query("in-pc-021"))
    datagrams(capture, 6 * SECOND, client, names, (53001, 53), content.dns("www.example.jp", "198.51.100.80"))
    TcpSession(capture, 7 * SECOND, client, web, (53100, 80)).run(content.http(b"www.example.jp", b"/index.html", HTML))
    TcpSession(capture, 9 * SECOND, client, site, (53101, 443)).run(content.tls("service.example.jp", 560, 3900))
    TcpSession(capture, 11 * SECOND, mail, Station("10.40.0.10", CORE, 62), (40025, 25)).run(
        content.smtp(content.macro_mail(), b"in-mail.alpha-city.example", b"mail-text-gw.alpha-city.example")
    )
    upload = content.tls("file-san.alpha-city.example", 3800, 420)
    TcpSession(capture, 14 * SECOND, client, Station("10.40.0.20", CORE, 62), (53110, 443)).run(upload)
    TcpSession(capture, 16 * SECOND, client, Station("10.30.255.20", CORE, 62), (53111, 443)).run(upload)
    if broken:
        moved = Station("10.30.30.66", mac(0x66), 128)
        resolve(capture, 40 * SECOND, moved, Station("10.30.30.254", CORE))
        TcpSession(capture, 41 * SECOND, moved, site, (53120, 443)).run(content.tls("service.example.jp", 300, 1200))
    return capture


def sanitizer_in(_: bool) -> Capture:
    """The Internet leg of the sanitizers: A1, and A4 as it arrives (both direct and translated from the alias)."""
    capture = Capture()
    firewall = mac(0xA4)
    gateway, sanitizer = Station("10.40.0.10", mac(0x4A)), Station("10.40.0.20", mac(0x4C))
    client = Station("10.30.30.21", firewall, 126)
    resolve(capture, SECOND, Station("10.40.0.1", firewall), sanitizer)
    TcpSession(capture, 11 * SECOND + 300, Station("10.30.10.10", firewall, 62), gateway, (40025, 25)).run(
        content.smtp(content.macro_mail(), b"in-mail.alpha-city.example", b"mail-text-gw.alpha-city.example")
    )
    upload = content.tls("file-san.alpha-city.example", 3800, 420)
    TcpSession(capture, 14 * SECOND + 300, client, sanitizer, (53110, 443)).run(upload)
    TcpSession(capture, 16 * SECOND + 300, client, sanitizer, (53111, 443)).run(upload)
    return capture


def sanitizer_lgwan(broken: bool) -> Capture:
    """The LGWAN leg of the sanitizers: A2 as text only, A5; broken: the macro comes through (8)."""
    capture = Capture()
    firewall = mac(0xA5)
    gateway, sanitizer = Station("10.40.1.10", mac(0x4B)), Station("10.40.1.20", mac(0x4D))
    mail = Station("10.20.10.10", firewall, 62)
    names = (b"mail-text-gw.alpha-city.example", b"lg-mail.alpha-city.example")
    resolve(capture, SECOND, gateway, Station("10.40.1.1", firewall))
    notice = content.text_mail(b"0002", "説明会のご案内", "説明会を次のとおり開催します。\n日時 11月5日 14時\n")
    TcpSession(capture, 9 * SECOND, gateway, mail, (42025, 25)).run(content.smtp(notice, *names))
    client = Station("10.20.30.41", firewall, 126)
    TcpSession(capture, 12 * SECOND + 300, client, sanitizer, (52110, 443)).run(
        content.tls("file-san.alpha-city.example", 380, 4200)
    )
    through = content.text_mail(
        b"0001",
        "補助金の集計表について",
        "補助金の集計表をお送りします。\n添付をご確認ください。\n\n[添付ファイル 1件は無害化装置で削除されました]\n",
    )
    if broken:
        through = content.macro_mail()
    TcpSession(capture, 21 * SECOND, gateway, mail, (42026, 25)).run(content.smtp(through, *names))
    return capture


POINTS = {
    "mn-edge.pcap": mynumber_edge,
    "lg-edge.pcap": lgwan_edge,
    "in-edge.pcap": internet_edge,
    "san-in.pcap": sanitizer_in,
    "san-lg.pcap": sanitizer_lgwan,
}


if __name__ == "__main__":
    main("alpha-city", POINTS)
