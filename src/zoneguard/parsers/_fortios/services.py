"""FortiOS services and service groups, and the services that every FortiOS has from the factory.

The factory definitions are those of FortiOS 5.0 to 7.6, as its predefined services are listed in the FortiOS handbook
("Services and TCP ports") and written out by ``show firewall service custom`` on a factory-new device. They stand in
where an export leaves them out; a definition in the file goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Field, In, Match, Unknown, both, either
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.addresses import MAX_NESTING
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import LABEL, SESSIONS, Schema
from zoneguard.parsers.accounting import endless

SERVICE = Schema(
    frozenset({
        "protocol", "tcp-portrange", "udp-portrange", "sctp-portrange", "udplite-portrange", "icmptype", "icmpcode",
        "protocol-number", "iprange", "fqdn", "proxy", "app-service-type", "application", "app-category",
    }),
    Concern.FILTER,
    {
        "category": LABEL, "helper": SESSIONS, "check-reset-range": SESSIONS, "session-ttl": SESSIONS,
        "tcp-halfclose-timer": SESSIONS, "tcp-halfopen-timer": SESSIONS, "tcp-timewait-timer": SESSIONS,
        "tcp-rst-timer": SESSIONS, "udp-idle-timer": SESSIONS,
    },
)  # fmt: skip
SERVICE_GROUP = Schema(frozenset({"member", "proxy"}), Concern.FILTER)

_PORT_RANGES = {"tcp-portrange": 6, "udp-portrange": 17, "sctp-portrange": 132, "udplite-portrange": 136}
_NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132}

_FACTORY = """
ALL=ip ANY=ip ALL_TCP=tcp/1-65535 ALL_UDP=udp/1-65535 ALL_ICMP=icmp ALL_ICMP6=icmp6 GRE=ip/47 AH=ip/51 ESP=ip/50
OSPF=ip/89 AOL=tcp/5190-5194 BGP=tcp/179 DHCP=udp/67-68 DNS=tcp/53,udp/53 FINGER=tcp/79 FTP=tcp/21 FTP_GET=tcp/21
FTP_PUT=tcp/21 GOPHER=tcp/70 H323=tcp/1720,tcp/1503,udp/1719 HTTP=tcp/80 HTTPS=tcp/443 IKE=udp/500,udp/4500
IMAP=tcp/143 IMAPS=tcp/993 Internet-Locator-Service=tcp/389 IRC=tcp/6660-6669 L2TP=tcp/1701,udp/1701 LDAP=tcp/389
NetMeeting=tcp/1720 NFS=tcp/111,tcp/2049,udp/111,udp/2049 NNTP=tcp/119 NTP=tcp/123,udp/123
PC-Anywhere=tcp/5631,udp/5632 PING=icmp/8 TIMESTAMP=icmp/13 INFO_REQUEST=icmp/15 INFO_ADDRESS=icmp/17
ONC-RPC=tcp/111,udp/111 DCE-RPC=tcp/135,udp/135 POP3=tcp/110 POP3S=tcp/995 PPTP=tcp/1723
QUAKE=udp/26000,udp/27000,udp/27910,udp/27960 RAUDIO=udp/7070 REXEC=tcp/512 RIP=udp/520 RLOGIN=tcp/513:512-1023
RSH=tcp/514:512-1023 SCCP=tcp/2000 SIP=tcp/5060,udp/5060 SIP-MSNmessenger=tcp/1863 SAMBA=tcp/139 SMTP=tcp/25
SMTPS=tcp/465 SNMP=tcp/161-162,udp/161-162 SSH=tcp/22 SYSLOG=udp/514 TALK=udp/517-518 TELNET=tcp/23 TFTP=udp/69
MGCP=udp/2427,udp/2727 UUCP=tcp/540 VDOLIVE=tcp/7000-7010 WAIS=tcp/210 WINFRAME=tcp/1494,tcp/2598
X-WINDOWS=tcp/6000-6063 PING6=icmp6/128 MS-SQL=tcp/1433,tcp/1434 MYSQL=tcp/3306 RDP=tcp/3389 VNC=tcp/5900
DHCP6=udp/546,udp/547 SQUID=tcp/3128 SOCKS=tcp/1080,udp/1080 WINS=tcp/1512,udp/1512 RADIUS=udp/1812,udp/1813
RADIUS-OLD=udp/1645,udp/1646 CVSPSERVER=tcp/2401,udp/2401 AFS3=tcp/7000-7009,udp/7000-7009
TRACEROUTE=udp/33434-33535 RTSP=tcp/554,tcp/7070,tcp/8554,udp/554 MMS=tcp/1755,udp/1024-5000
KERBEROS=tcp/88,tcp/464,udp/88,udp/464 LDAP_UDP=udp/389 SMB=tcp/445 NONE=tcp/0
"""
_FACTORY_GROUPS = {
    "Email Access": ("DNS", "IMAP", "IMAPS", "POP3", "POP3S", "SMTP", "SMTPS"),
    "Web Access": ("DNS", "HTTP", "HTTPS"),
    "Windows AD": ("DCE-RPC", "DNS", "KERBEROS", "LDAP", "LDAP_UDP", "SAMBA", "SMB"),
    "Exchange Server": ("DCE-RPC", "DNS", "HTTPS"),
}


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """Packets to port ``ports[protocol]`` of a protocol, and what meets one of ``others``."""

    ports: dict[int, Intervals] = field(default_factory=dict)
    others: tuple[Match, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def match(self) -> Match:
        """The condition; protocols with the same ports share a part."""
        if ALWAYS in self.others:
            return ALWAYS
        protocols: dict[Intervals, list[int]] = {}
        for protocol, ports in self.ports.items():
            protocols.setdefault(ports, []).append(protocol)
        parts = [port_match(Intervals.of(*numbers), ports) for ports, numbers in protocols.items()]
        return either(*parts, *self.others)


def port_match(protocols: Intervals, ports: Intervals, sources: Intervals = values.ALL_PORTS) -> Match:
    """Packets of ``protocols`` to ``ports`` from ``sources``."""
    parts: list[Match] = [In(Field.PROTO, protocols)]
    if ports != values.ALL_PORTS:
        parts.append(In(Field.DPORT, ports))
    if sources != values.ALL_PORTS:
        parts.append(In(Field.SPORT, sources))
    return both(*parts)


def union(parts: Iterable[ServiceMatch]) -> ServiceMatch:
    """Everything in some part."""
    known = list(parts)
    if len(known) == 1:
        return known[0]
    spans: dict[int, list[tuple[int, int]]] = {}
    for part in known:
        for protocol, ports in part.ports.items():
            spans.setdefault(protocol, []).extend(ports.spans)
    return ServiceMatch(
        {protocol: Intervals.from_spans(ports) for protocol, ports in spans.items()},
        tuple(dict.fromkeys(other for part in known for other in part.others)),
        tuple(dict.fromkeys(doubt for part in known for doubt in part.doubts)),
    )


class ServiceBook:
    """The services of one VDOM, by name."""

    def __init__(self, export: Export, scope: Scope) -> None:
        self.services = scope.table("firewall service custom")
        self.groups = scope.table("firewall service group")
        self._source = export.source
        self._label = scope.label
        self._known: dict[str, ServiceMatch] = {}
        self._matches: dict[tuple[str, ...], Match] = {}

    def match(self, names: Sequence[str], line: int) -> tuple[Match, tuple[Doubt, ...]]:
        """The condition that ``names``, written in line ``line``, stand for."""
        key = tuple(names)
        known = self._matches.get(key)
        if known is not None:
            return known, ()
        result = union([self._resolve(name, line, ()) for name in key])
        match = result.match() if key else NEVER
        if not result.doubts:
            self._matches[key] = match
        return match, result.doubts

    def _resolve(self, name: str, line: int, inside: tuple[str, ...]) -> ServiceMatch:
        if self.services.renamed or self.groups.renamed:
            name = self.groups.current_name(self.services.current_name(name, line), line)
        if name in inside or len(inside) > MAX_NESTING:
            what = endless(name in inside, MAX_NESTING)
            return self._unknown(
                f'the service is in "{name}", which {what}',
                line,
                Reason('the group "{name}" {what}', name=name, what=what),
            )
        known = self._known.get(name)
        if known is None:
            members: Sequence[str] | None = None
            if name in self.services.entries:
                known = self._service(self.services.entries[name])
            elif name in self.groups.entries:
                group = self.groups.entries[name]
                members, member_line = group.values("member"), group.line("member")
            elif name in _FACTORY_GROUPS:
                members, member_line = _FACTORY_GROUPS[name], line
            elif name in FACTORY:
                known = FACTORY[name]
            else:
                reason = Reason('the service "{name}" is not defined in this file', name=name)
                return self._unknown(f'the service is "{name}"', line, reason)
            if known is None:
                known = union(self._resolve(m, member_line, (*inside, name)) for m in members or ())
            self._known[name] = known
        return known

    def _service(self, entry: Block) -> ServiceMatch:
        if entry.enabled("proxy") or entry.word("app-service-type", "disable") != "disable":
            return self._undecided(entry, "protocol", "is told by the content, not by ports")
        kind = entry.word("protocol", "TCP/UDP/SCTP")
        if kind == "IP":
            number = values.number(entry.word("protocol-number", "0"), 255)
            if number is None:
                return self._undecided(entry, "protocol-number", "has a protocol number that cannot be read")
            match = In(Field.PROTO, Intervals.of(number)) if number else ALWAYS
            return self._limited(entry, ServiceMatch(others=(match,)))
        if kind in ("ICMP", "ICMP6"):
            return self._icmp(entry, 1 if kind == "ICMP" else 58)
        if not kind.startswith("TCP"):
            return self._undecided(
                entry, "protocol", Reason("is of the protocol {kind}, which is not known here", kind=kind)
            )
        return self._limited(entry, self._ports(entry))

    def _ports(self, entry: Block) -> ServiceMatch:
        parts: list[ServiceMatch] = []
        for name, protocol in _PORT_RANGES.items():
            for word in entry.values(name):
                part = _port_range(protocol, word)
                if part is None:
                    return self._undecided(
                        entry, name, Reason('has a port range that cannot be read: "{word}"', word=word)
                    )
                parts.append(part)
        return union(parts)

    def _icmp(self, entry: Block, protocol: int) -> ServiceMatch:
        kind, code = entry.word("icmptype"), entry.word("icmpcode")
        kind_number, code_number = values.number(kind or "0", 255), values.number(code or "0", 255)
        if kind_number is None or code_number is None:
            return self._undecided(entry, "icmptype", "has an ICMP type or code that cannot be read")
        match: Match = In(Field.PROTO, Intervals.of(protocol))
        if kind:
            low = kind_number * 256 + code_number
            match = both(match, In(Field.ICMP, Intervals.span(low, low if code else low + 255)))
        return self._limited(entry, ServiceMatch(others=(match,)))

    def _limited(self, entry: Block, service: ServiceMatch) -> ServiceMatch:
        """A service may also be limited to destination addresses."""
        if entry.values("fqdn"):
            return self._undecided(entry, "fqdn", "is limited to a name whose addresses are not in the file")
        text = entry.word("iprange", values.ZERO)
        if text == values.ZERO:
            return service
        limit = values.address_span(text)
        if limit is None:
            return self._undecided(entry, "iprange", "is limited to addresses that cannot be read")
        return ServiceMatch(others=(both(service.match(), In(Field.DST, limit)),))

    def _undecided(self, entry: Block, name: str, why: str) -> ServiceMatch:
        return self._unknown(
            f'the service is "{entry.name}"',
            entry.line(name),
            Reason('the service "{name}" {why}', name=entry.name, why=as_reason(why)),
        )

    def _unknown(self, key: str, line: int, reason: str) -> ServiceMatch:
        unknown = Unknown(Reason("{key} of {label}", key=key, label=self._label), self._source.span(line))
        return ServiceMatch(others=(unknown,), doubts=(Doubt(line, reason),))


def _port_range(protocol: int, word: str) -> ServiceMatch | None:
    """``destination`` or ``destination:source``, each a port or a range."""
    destination, colon, source = word.partition(":")
    ports, sources = values.ports(destination), values.ports(source) if colon else values.ALL_PORTS
    if ports is None or sources is None:
        return None
    if sources == values.ALL_PORTS:
        return ServiceMatch({protocol: ports})
    return ServiceMatch(others=(port_match(Intervals.of(protocol), ports, sources),))


def _factory_part(text: str) -> ServiceMatch:
    kind, _, detail = text.partition("/")
    if kind in _NUMBERS:
        part = _port_range(_NUMBERS[kind], detail)
        assert part is not None
        return part
    if kind == "ip":
        return ServiceMatch(others=(In(Field.PROTO, Intervals.of(int(detail))) if detail else ALWAYS,))
    match: Match = In(Field.PROTO, Intervals.of(1 if kind == "icmp" else 58))
    if detail:
        match = both(match, In(Field.ICMP, Intervals.span(int(detail) * 256, int(detail) * 256 + 255)))
    return ServiceMatch(others=(match,))


FACTORY: dict[str, ServiceMatch] = {
    name: union(map(_factory_part, definition.split(",")))
    for name, definition in (item.split("=") for item in _FACTORY.split())
}
