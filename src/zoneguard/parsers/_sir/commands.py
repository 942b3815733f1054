"""Commands that no reader takes: for what reason they cannot affect forwarding, or what they may change.

The number of a ``lan`` or ``remote`` and the slot and port of an ``ether`` are left out of a row. Every other command
is not understood: the public manuals name few.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._indented.verdicts import Verdicts, rows
from zoneguard.parsers.accounting import SESSION
from zoneguard.parsers.assembly import assigned

ACCESS = "access to the device itself and its console"
LOGS = "logs, statistics and notices"
NAMES = "names and time"
LEASES = "leasing of addresses to clients"
LINE = "how a line or tunnel is set up and supervised"
QUEUES = "order, marks and bandwidth of packets, not whether they pass"
SWITCH = "ports of the built-in switch and the VLANs on them"
PROTOCOL = "detail of a routing protocol; whether it runs is said elsewhere"

NOT_KNOWN = "a command that the public manuals read for this format do not explain"
DYNAMIC = "dynamic routing: what the router learns is not in the configuration"
ACL = "what an acl definition matches is not in the public manuals: filters that use it stay open"
POLICY = "routing by policy is not modelled"
BRIDGED = "bridging between interfaces is not modelled"
CALLS = "incoming calls are not modelled"
IPV6 = "IPv6 of this vendor is not read"
ASSIGNED = assigned("DHCP")
DISCARDED = "a remote that discards what is sent to it is not modelled"
STATIC_NAT = "static translation of this vendor is not read"
TYPED = "a comment, or a command typed at a prompt"
SEVERAL_ROUTES = "a second route to the same destination: which of them is used is not in the public manuals"
OVER_CONNECTED = "a static route to a connected subnet: which of them is used is not in the public manuals"
OPEN_NAT = "what this translation does to packets from outside is not in the public manuals"
UNREAD_FILTER = "a filter that cannot be read"
UNREAD = "a command that cannot be read"
OPEN_FILTER = "in which direction a filter looks, and what tcpconnect means, is not in the public manuals"
OPEN_DEFAULT = "in which direction the default of the filters acts is not in the public manuals"

REST = Verdicts(
    {
        **rows("password, terminal, consoleinfo, telnetinfo, serverinfo, alias", ACCESS),
        **rows("syslog, snmp", LOGS),
        **rows("time, host, proxydns, lan description, remote name, remote ap name, ether description", NAMES),
        **rows("lan ip dhcp info, lan ip dhcp service server, lan ip dhcp service off", LEASES),
        **rows("remote ap, remote mtu, remote ppp, remote ip msschange, lan ip msschange, wan, resource", LINE),
        **rows("remote autodial", LINE),
        **rows("lan shaping, remote shaping, lan ip priority, remote ip priority, lan ip tos, remote ip tos", QUEUES),
        **rows("ether vlan, ether use, ether mode", SWITCH),
        **rows("bgp, ospf, lan ip ospf, remote ip ospf, lan ip rip, remote ip rip", PROTOCOL),
        **rows("lan ip ospf use on, remote ip ospf use on, bgp as", (Concern.ROUTING, DYNAMIC)),
        **rows("lan ip rip use, remote ip rip use", (Concern.ROUTING, DYNAMIC)),
        **rows("lan ip rip use off off, remote ip rip use off off", PROTOCOL),
        **rows("lan ip in-policy, remote ip in-policy, remote ip dvpn", (Concern.ROUTING, POLICY)),
        **rows("routemanage", PROTOCOL),
        **rows("lan ip dhcp service client", (Concern.INTERFACE, ASSIGNED)),
        **rows("vlan bridgegroup, bridgegroup, lan bridgegroup, remote bridgegroup", (Concern.INTERFACE, BRIDGED)),
        **rows("lan ip6, remote ip6, lan ipv6, remote ipv6", (Concern.INTERFACE, IPV6)),
        **rows("lan ip6 use off, remote ip6 use off", LINE),
        **rows("answer, template", (Concern.INTERFACE, CALLS)),
        **rows("answer accept disable", LINE),
        **rows("configure, show, save, exit, end, quit, admin, commit, refresh, logout", SESSION),
    },
    (Concern.FILTER, NOT_KNOWN),
)
