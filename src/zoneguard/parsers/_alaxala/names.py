"""Names of protocols, ports and ICMP messages ("Parameter values" of the configuration command references).

Ports that those tables do not reach are the registered numbers of the same names.
"""

from __future__ import annotations

PROTOCOLS = {
    "ah": 51, "esp": 50, "gre": 47, "igmp": 2, "ipinip": 4, "ospf": 89, "pcp": 108, "pim": 103, "sctp": 132,
    "tcp": 6, "tunnel": 41, "udp": 17, "vrrp": 112,
}  # fmt: skip
PROTOCOLS6 = {
    "gre": 47, "ospf": 89, "pcp": 108, "pim": 103, "sctp": 132, "tcp": 6, "tunnel": 4, "udp": 17, "vrrp": 112,
}  # fmt: skip
_BOTH = {"discard": 9, "domain": 53, "echo": 7, "sunrpc": 111, "tacacs+": 49, "talk": 517, "time": 37}
TCP_PORTS = _BOTH | {
    "bgp": 179, "chargen": 19, "daytime": 13, "exec": 512, "finger": 79, "ftp": 21, "ftp-data": 20, "gopher": 70,
    "hostname": 101, "http": 80, "https": 443, "ident": 113, "imap3": 220, "irc": 194, "klogin": 543, "kshell": 544,
    "ldap": 389, "login": 513, "lpd": 515, "nntp": 119, "pop2": 109, "pop3": 110, "pop3s": 995, "raw": 9100,
    "shell": 514, "smtp": 25, "smtps": 465, "ssh": 22, "telnet": 23, "uucp": 540, "whois": 43,
}  # fmt: skip
UDP_PORTS = _BOTH | {
    "biff": 512, "bootpc": 68, "bootps": 67, "isakmp": 500, "mobile-ip": 434, "nameserver": 42, "ntp": 123,
    "radius": 1812, "radius-acct": 1813, "rip": 520, "ripng": 521, "snmp": 161, "snmptrap": 162, "syslog": 514,
    "tftp": 69, "who": 513, "xdmcp": 177,
}  # fmt: skip
