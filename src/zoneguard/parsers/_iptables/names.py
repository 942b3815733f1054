"""Names that iptables and ipset take instead of numbers (/etc/protocols, /etc/services, ``iptables -p icmp -h``)."""

from __future__ import annotations

PROTOCOLS = {
    "hopopt": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "ip-encap": 4, "ipv4": 4, "st": 5, "tcp": 6, "egp": 8,
    "igp": 9, "pup": 12, "udp": 17, "hmp": 20, "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "dccp": 33, "xtp": 36,
    "ddp": 37, "idpr-cmtp": 38, "ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44, "idrp": 45, "rsvp": 46, "gre": 47,
    "esp": 50, "ipsec-esp": 50, "ah": 51, "ipsec-ah": 51, "skip": 57, "icmpv6": 58, "ipv6-icmp": 58, "ipv6-nonxt": 59,
    "ipv6-opts": 60, "rspf": 73, "cphb": 73, "vmtp": 81, "eigrp": 88, "ospf": 89, "ospfigp": 89, "ax.25": 93,
    "ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124,
    "sctp": 132, "fc": 133, "mobility-header": 135, "ipv6-mh": 135, "mh": 135, "udplite": 136, "mpls-in-ip": 137,
    "manet": 138, "hip": 139, "shim6": 140, "wesp": 141, "rohc": 142, "ethernet": 143,
}  # fmt: skip

SERVICES = {
    "echo": 7, "discard": 9, "daytime": 13, "chargen": 19, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23,
    "smtp": 25, "mail": 25, "time": 37, "whois": 43, "nicname": 43, "tacacs": 49, "domain": 53, "bootps": 67,
    "bootpc": 68, "tftp": 69, "gopher": 70, "finger": 79, "http": 80, "www": 80, "kerberos": 88, "kerberos5": 88,
    "pop2": 109, "pop3": 110, "pop-3": 110, "sunrpc": 111, "portmapper": 111, "auth": 113, "ident": 113, "nntp": 119,
    "ntp": 123, "epmap": 135, "loc-srv": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap2": 143,
    "imap": 143, "snmp": 161, "snmptrap": 162, "snmp-trap": 162, "xdmcp": 177, "bgp": 179, "irc": 194, "imap3": 220,
    "ldap": 389, "svrloc": 427, "https": 443, "microsoft-ds": 445, "kpasswd": 464, "submissions": 465, "ssmtp": 465,
    "smtps": 465, "urd": 465, "isakmp": 500, "exec": 512, "login": 513, "who": 513, "shell": 514, "syslog": 514,
    "printer": 515, "talk": 517, "route": 520, "router": 520, "uucp": 540, "dhcpv6-client": 546, "dhcpv6-server": 547,
    "rtsp": 554, "nntps": 563, "submission": 587, "ipp": 631, "ldaps": 636, "domain-s": 853, "rsync": 873,
    "ftps-data": 989, "ftps": 990, "telnets": 992, "imaps": 993, "pop3s": 995, "socks": 1080, "openvpn": 1194,
    "ms-sql-s": 1433, "ms-sql-m": 1434, "l2f": 1701, "l2tp": 1701, "pptp": 1723, "radius": 1812, "radius-acct": 1813,
    "ssdp": 1900, "cisco-sccp": 2000, "nfs": 2049, "docker": 2375, "iscsi-target": 3260, "mysql": 3306,
    "ms-wbt-server": 3389, "nut": 3493, "svn": 3690, "epmd": 4369, "ipsec-nat-t": 4500, "sip": 5060, "sip-tls": 5061,
    "xmpp-client": 5222, "mdns": 5353, "postgresql": 5432, "amqp": 5672, "x11": 6000, "redis": 6379, "ircd": 6667,
    "http-alt": 8080, "webcache": 8080, "git": 9418, "zabbix-agent": 10050, "zabbix-trapper": 10051,
}  # fmt: skip

_UNREACHABLE = (
    "network-unreachable", "host-unreachable", "protocol-unreachable", "port-unreachable", "fragmentation-needed",
    "source-route-failed", "network-unknown", "host-unknown", "source-host-isolated", "network-prohibited",
    "host-prohibited", "tos-network-unreachable", "tos-host-unreachable", "communication-prohibited",
    "host-precedence-violation", "precedence-cutoff",
)  # fmt: skip
ICMP: dict[str, tuple[int, int | None]] = {
    "any": (255, None), "echo-reply": (0, None), "pong": (0, None), "destination-unreachable": (3, None),
    **{name: (3, code) for code, name in enumerate(_UNREACHABLE)},
    "source-quench": (4, None), "redirect": (5, None), "network-redirect": (5, 0), "host-redirect": (5, 1),
    "tos-network-redirect": (5, 2), "tos-host-redirect": (5, 3), "echo-request": (8, None), "ping": (8, None),
    "router-advertisement": (9, None), "router-solicitation": (10, None), "time-exceeded": (11, None),
    "ttl-exceeded": (11, None), "ttl-zero-during-transit": (11, 0), "ttl-zero-during-reassembly": (11, 1),
    "parameter-problem": (12, None), "ip-header-bad": (12, 0), "required-option-missing": (12, 1),
    "timestamp-request": (13, None), "timestamp-reply": (14, None), "address-mask-request": (17, None),
    "address-mask-reply": (18, None),
}  # fmt: skip
"""Type and code, the latter ``None`` for every code; type 255 is every type."""

ICMP6: dict[str, tuple[int, int | None]] = {
    "any": (255, None), "destination-unreachable": (1, None), "no-route": (1, 0), "communication-prohibited": (1, 1),
    "beyond-scope": (1, 2), "address-unreachable": (1, 3), "port-unreachable": (1, 4), "failed-policy": (1, 5),
    "reject-route": (1, 6), "packet-too-big": (2, None), "time-exceeded": (3, None), "ttl-exceeded": (3, None),
    "ttl-zero-during-transit": (3, 0), "ttl-zero-during-reassembly": (3, 1), "parameter-problem": (4, None),
    "bad-header": (4, 0), "unknown-header-type": (4, 1), "unknown-option": (4, 2), "echo-request": (128, None),
    "ping": (128, None), "echo-reply": (129, None), "pong": (129, None), "mld-listener-query": (130, None),
    "mld-listener-report": (131, None), "mld-listener-done": (132, None), "mld-listener-reduction": (132, None),
    "router-solicitation": (133, None), "router-advertisement": (134, None), "neighbour-solicitation": (135, None),
    "neighbor-solicitation": (135, None), "neighbour-advertisement": (136, None),
    "neighbor-advertisement": (136, None), "redirect": (137, None),
}  # fmt: skip

TCP_FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ALL": 63, "NONE": 0}
