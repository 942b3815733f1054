"""ZG206: where confidential information is, nothing that can be read goes over the wire.

A flow of telnet, rlogin, rsh, FTP, POP3, IMAP, LDAP or VNC (by its port) that carried content, with an end in a zone of
class ``mynumber`` or ``lgwan`` (aspect ``inside``), or from outside into any zone of the municipality (aspect
``outside``). A session that turned to TLS (STARTTLS) is seen by what was read of it and is not meant. HTTP is not
counted: what it carries is ZG203's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import OUTSIDE, TCP, class_of, flows_of, grouped, seen
from zoneguard.checks._undeclared import flow_text
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

READABLE = {21: "FTP", 23: "telnet", 110: "POP3", 143: "IMAP", 389: "LDAP", 513: "rlogin", 514: "rsh", 5900: "VNC"}
CONFIDENTIAL = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN})


def _run(case: Case) -> Iterator[Finding]:
    encrypted = {t.flow for t in case.dynamic.transfers if dict(t.facts).get("tls")} if case.dynamic else set()

    def readable(flow: Flow) -> bool:
        return flow.proto == TCP and flow.dport in READABLE and flow.carried and flow not in encrypted

    for key, flows in grouped(flows_of(case, readable)):
        ends = class_of(case, flows[0].src), class_of(case, flows[0].dst)
        outside = ends[0] in OUTSIDE and ends[1] is not None and ends[1] not in OUTSIDE
        if outside or CONFIDENTIAL & set(ends):
            yield seen(
                case,
                PLUGIN.id,
                PLUGIN.severity,
                N_(
                    "{protocol} goes over the wire readably: {flow}.",
                    protocol=_name(flows[0]),
                    flow=flow_text(flows[0]),
                ),
                flows,
                key,
                N_("Replace it by a protocol that encrypts (SSH, TLS)."),
                aspect="outside" if outside else "inside",
            )


def _name(flow: Flow) -> str:
    return READABLE[flow.dport]


PLUGIN = Check(
    id="ZG206",
    name="cleartext-protocol",
    title="Nothing readable goes over the wire where confidential information is",
    severity=Severity.MEDIUM,
    run=_run,
    aspects=frozenset({"inside", "outside"}),
    needs=frozenset({"dynamic"}),
    why="Whoever listens on the way reads passwords and records, and can change them.",
    fix="Use SSH, SFTP, IMAPS, LDAPS and the like, and close the readable ports.",
    example="- tcp 10.20.0.5 > 10.20.10.10:110\n+ tcp 10.20.0.5 > 10.20.10.10:995",
)
