"""ZG206: where confidential information is, nothing that can be read goes over the wire.

A flow of telnet, rlogin, rsh, FTP, POP3, IMAP, LDAP or VNC (by its port) that carried content, with an end in a zone of
class ``mynumber`` or ``lgwan`` (aspect ``inside``), or from outside into any zone of the municipality (aspect
``outside``). A session that turned to TLS (STARTTLS) is seen by what was read of it and is not meant. HTTP is not
counted: what it carries is ZG203's matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import INSIDE, OUTSIDE, class_of, flow_text, key_of, matters, seen, told
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

READABLE = {21: "FTP", 23: "telnet", 110: "POP3", 143: "IMAP", 389: "LDAP", 513: "rlogin", 514: "rsh", 5900: "VNC"}
CONFIDENTIAL = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN})


def _run(case: Case) -> Iterator[Finding]:
    def readable(traffic: Traffic) -> Bool:
        found = traffic.carried & traffic.tcp(READABLE)
        found[[at for at in map(traffic.position, _encrypted(case)) if at >= 0]] = False
        inward = traffic.opened_in(OUTSIDE) & traffic.ends_in(INSIDE)
        return found & (inward | traffic.opened_in(CONFIDENTIAL) | traffic.ends_in(CONFIDENTIAL))

    for matter in matters(case, readable):
        flow = matter[0]
        outside = class_of(case, flow.src) in OUTSIDE and class_of(case, flow.dst) in INSIDE
        message = N_(
            "{protocol} goes over the wire readably: {flow}.",
            protocol=READABLE[flow.dport],
            flow=flow_text(flow),
        )
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            told(matter, message),
            matter,
            key_of(matter),
            N_("Replace it by a protocol that encrypts (SSH, TLS)."),
            aspect="outside" if outside else "inside",
        )


def _encrypted(case: Case) -> set[Flow]:
    """Flows that turned to TLS."""
    return {t.flow for t in case.dynamic.transfers if dict(t.facts).get("tls")} if case.dynamic else set()


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
