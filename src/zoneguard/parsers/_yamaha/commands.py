"""Commands that say nothing about forwarding, with the reason, and commands that do and are not in the model.

After the list of commands of the vendor's command reference (revision 14.00 to 23.02) and, for FWX and SRT, of theirs.
A table row is the words a command starts with; ``*`` stands for any one word. The longest row that fits decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from zoneguard.model.device import Concern
from zoneguard.parsers.accounting import TAKEN_BACK
from zoneguard.parsers.assembly import learned

ACCESS = "access to the device itself and its console"
LOGS = "logs, statistics and notices"
NAMES = "names and time"
LEASES = "leasing of addresses to clients"
LINE = "how a line or tunnel is set up and supervised"
QUEUES = "order, marks and bandwidth of packets, not whether they pass"
SWITCH = "switch ports, access points and firmware"
CONTENT = "content, options and broadcasts: can only withhold, never open"
ERRORS = "packets that the device itself sends or answers"
PROTOCOL = "detail of a routing protocol; whether it runs is said elsewhere"
MULTICAST = "multicast groups; multicast is not in the model"

Verdict = str | tuple[Concern, str]

_POLICY = (Concern.FILTER, "policy filters (FWX, SRT) are not modelled")
_BACKUP = (Concern.ROUTING, "where packets go while a line is down is not modelled")


def _rows(text: str, verdict: Verdict) -> dict[tuple[str, ...], Verdict]:
    return {tuple(row.split()): verdict for row in text.split(",")}


_TABLE: dict[tuple[str, ...], Verdict] = {
    **_rows(
        """
        administrator, login, user, auth, console, security, operation, alias, set, remote, radius, httpd, telnetd,
        sshd, sftpd, tftp, ssh, external-memory, usbhost, sd, dashboard, lan-map, lua use, httpd custom-gui, yno,
        import, ex-license, vrx, mount, certificate, pki, save, clear, sftp, copy, delete, rename, makedir, rtfs, http,
        http_revision-up_proxy, cold, restart
        """,
        ACCESS,
    ),
    **_rows(
        """
        syslog, snmp, snmpv2c, snmpv3, alarm, mail, mail-notify, statistics, heartbeat, heartbeat2, account,
        diagnosis, system, tcp log, tcp session, rotate, ip * traffic, ip route change, ipv6 route change, nat
        descriptor log, ip icmp log, ipv6 icmp log, vlan interconnect log, ip * arp log,
        ipv6 * prefix change, description, dpi log
        """,
        LOGS,
    ),
    **_rows(
        """
        dns, ip host, ntp, ntpdate, rdate, sntpd, timezone, date, time, wins, netvolante-dns
        """,
        NAMES,
    ),
    **_rows(
        """
        dhcp, ip * dhcp, ipv6 dhcp, ipv6 * dhcp, ip filter fqdn timer, ipv6 * rtadv, ipv6 * rtsol, ipv6 prefix, ipv6
        nd
        """,
        LEASES,
    ),
    **_rows(
        """
        pp auth, pp always-on, pp bind, pp keepalive, pp name, ppp, pppoe, pptp, l2tp, ipsec, ipip, isdn,
        tunnel encapsulation, tunnel endpoint, tunnel map-e, tunnel mobile, tunnel multipoint, tunnel name, tunnel ngn,
        line, leased, fr, mobile, wan, ngn, cooperation,
        cloud, sip, analog, pri, bri, lan, ip keepalive, ipv6 keepalive, ip * mtu, ipv6 * mtu, ip * tcp, ipv6 * tcp,
        ip mtu, ip fragment, ip flow, ip reassembly, ipv6 reassembly, ip routing process, ipv6 routing process, ip
        arp, ip * arp, ip * proxyarp, ip * rebound, ip * wol, ipv6 * dad, ipv6 * neighbor, ipv6 * icmp-nd, ipv6 max,
        ipv6 source, ip filter dynamic timer, nat descriptor timer, nat descriptor backward-compatibility, nat
        descriptor ftp, nat descriptor sip, nat descriptor masquerade port, nat descriptor masquerade rlogin, nat
        descriptor masquerade remove, nat descriptor masquerade session, nat descriptor masquerade ttl, nat
        descriptor masquerade unconvertible, ip * vrrp shutdown, ipv6 * vrrp shutdown, ip local, ip implicit-route,
        provider, bridge learning, ip pp remote address dhcp, connect, disconnect
        """,
        LINE,
    ),
    **_rows("queue,speed,ip tos,ip dscp,ipv6 dscp,qos", QUEUES),
    **_rows(
        """
        switch, ap, switching-hub, vlan port, lan type, lan flexible-port, lan port, wlan, system led
        """,
        SWITCH,
    ),
    **_rows(
        "url,dpi,ip dpi,ipv6 dpi,lbo,ip filter source-route,ipv6 rh0,ip filter directed-broadcast,ip * intrusion",
        CONTENT,
    ),
    **_rows("ip icmp,ipv6 icmp,ip simple-service,ip stealth,ipv6 stealth", ERRORS),
    **_rows(
        """
        ospf, bgp, rip, ip * ospf, ip * rip, ipv6 ospf, ipv6 rip, ipv6 * ospf, ipv6 * rip
        """,
        PROTOCOL,
    ),
    **_rows("ip * igmp,ip * pim,ip pim,ipv6 * mld,ipv6 * pim,ipv6 multicast", MULTICAST),
    **_rows("ip policy,ipv6 policy", _POLICY),
    **_rows(
        "ip inbound,ipv6 inbound,ip * inbound,ipv6 * inbound",
        (Concern.FILTER, "inbound filters (FWX, SRT) are not modelled"),
    ),
    **_rows("ip * dpi,ipv6 * dpi", (Concern.FILTER, "filters by recognised application are not modelled")),
    **_rows("qac-tm use on,qac-tm unqualified", (Concern.FILTER, "quarantine of clients is not modelled")),
    **_rows("qac-tm", CONTENT),
    **_rows(
        "ip forward,ipv6 forward,ip * forward,ipv6 * forward,provider filter",
        (Concern.ROUTING, "routing by forward filters is not modelled"),
    ),
    **_rows("pp backup,lan backup,leased backup,fr backup,tunnel backup", _BACKUP),
    **_rows("pp backup none,tunnel backup none,lan backup * none,pp backup recovery,lan backup recovery", LINE),
    **_rows("ospf use on,ipv6 ospf use on", (Concern.ROUTING, learned("OSPF"))),
    **_rows("bgp use on", (Concern.ROUTING, learned("BGP"))),
    **_rows("rip use on,ipv6 rip use on", (Concern.ROUTING, learned("RIP"))),
    **_rows("upnp use on", (Concern.NAT, "hosts inside may open translations by UPnP")),
    **_rows("upnp", LINE),
    **_rows("tunnel translation,nat46,dns46,ip * nat46,ipv6 * nat46", (Concern.NAT, "NAT46 is not modelled")),
    **_rows("pp,tunnel", (Concern.INTERFACE, "this command is not known")),
    **_rows(
        "ipsec ike mode-cfg address", (Concern.ROUTING, "routes to clients by mode configuration are not modelled")
    ),
    **_rows("tunnel template", (Concern.INTERFACE, "the tunnels that take over these settings are not expanded")),
    **_rows(
        "lan pass-through member",
        (Concern.INTERFACE, "frames passed between interfaces without routing are not modelled"),
    ),
    **_rows("vlan interconnect group", (Concern.FILTER, "groups of VLANs that may connect are not modelled")),
    **_rows("nat descriptor", (Concern.NAT, "this setting of a NAT descriptor is not modelled")),
    **_rows("ip,ipv6", (Concern.FILTER, "this command is not known")),
    **_rows("ethernet", (Concern.FILTER, "this Ethernet filter command is not known")),
    **_rows("vlan,bridge", (Concern.INTERFACE, "this command is not known")),
    **_rows("lua", (Concern.FILTER, "a script may change the configuration")),
}
_LONGEST = max(map(len, _TABLE))
HEADS = frozenset(row[0] for row in _TABLE) | {"no", "schedule"}


def verdict(words: Sequence[str]) -> Verdict:
    """The reason why a command cannot affect forwarding, or what it may change and why that is not in the model."""
    if words[0] == "no" and len(words) > 1:
        found = verdict(words[1:])
        return found if isinstance(found, str) else (found[0], TAKEN_BACK)
    if words[0] == "schedule":
        return _schedule(words)
    for length in range(min(len(words), _LONGEST), 0, -1):
        for row in _patterns(tuple(words[:length])):
            if (fitting := _TABLE.get(row)) is not None:
                return fitting
    return (Concern.FILTER, "this command is not known")


def _patterns(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """``words`` itself, then with one word replaced by ``*``: the rows that may stand for it."""
    starred = [(*words[:at], "*", *words[at + 1 :]) for at in range(1, len(words))]
    return [words, *starred]


def _schedule(words: Sequence[str]) -> Verdict:
    """``schedule at N [DATE] TIME *|pp N|tunnel N|switch X COMMAND``: as harmless as the command it runs."""
    for at, word in enumerate(words):
        command = words[at + (1 if word == "*" else 2) :] if word in ("*", "pp", "tunnel", "switch") else ()
        if command:
            found = verdict(command)
            if isinstance(found, str) and command[0] not in ("pp", "tunnel", "lan", "connect", "disconnect"):
                return found
            break
    return (Concern.FILTER, "a schedule that may change the configuration is not modelled")
