"""ZG211: what came by mail from outside does not go out again.

The same part of a mail (by SHA-256) in a mail from a public address and in a later one to a public address means that a
mail server relays from outside to outside, or that somebody forwards automatically. Parts below 64 bytes are too common
to tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import class_of, flow_text, seen
from zoneguard.checks._transfers import MAIL
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Transfer
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

TELLING = 64
UPLINK = frozenset({ZoneClass.PUBLIC, ZoneClass.SECURITY_CLOUD})


def _run(case: Case) -> Iterator[Finding]:
    came: dict[str, Transfer] = {}
    told: set[tuple[int, int]] = set()
    for part in case.dynamic.transfers if case.dynamic else ():
        if part.protocol not in MAIL or not part.parent or not part.sha256 or part.size < TELLING or part.refused:
            continue
        flow = part.flow
        sender, receiver = (flow.src, flow.dst) if part.to_responder else (flow.dst, flow.src)
        if class_of(case, sender) in UPLINK:
            came.setdefault(part.sha256, part)
        before = came.get(part.sha256)
        if before is None or class_of(case, receiver) not in UPLINK or (flow.src, flow.dst) in told:
            continue
        told.add((flow.src, flow.dst))
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            N_(
                "A mail from outside went out again: it came by {came} and left by {left}.",
                came=flow_text(before.flow),
                left=flow_text(flow),
            ),
            [before.flow, flow],
            (part.sha256, flow_text(flow)),
            N_("Let the mail server relay for its own domains only, and switch automatic forwarding off."),
        )


PLUGIN = Check(
    id="ZG211",
    name="mail-returned",
    title="Mail from outside does not go out again",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="An open relay sends other people's spam; a forwarding rule carries records out of sight.",
    fix="Restrict relaying to the city's own domains, and forbid automatic forwarding on the server.",
    example="- RCPT TO:<a@elsewhere.example> (from outside)\n+ 550 relaying denied",
)
