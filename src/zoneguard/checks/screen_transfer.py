"""ZG202: to the hosts of screen transfer goes a screen and nothing else.

Every flow that was answered between a host of a ``screen-transfer`` sanitizer and another zone must be of a
declared display service of that sanitizer, opened towards it, or be allowed by a row. Anything else, such as SMB or
a drive redirection port, is a side channel. Redirected channels that can be read inside a display session are too,
and so is a file on a declared display service (except pages that a web server shows there). Dynamic channels, which
carry pictures as well as files, channels that are open and whose use cannot be seen, and a session whose viewer sends
more than it is shown are undetermined. Where a session is encrypted, or of a kind that is not read, the clauses about
its content are undetermined without a finding.
Aspects: ``service`` (what is beside the display services), ``content`` (what is inside them).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import services_packets
from zoneguard.checks._seen import TCP, UDP, flow_key, flow_text, key_of, matters, told, zone_name
from zoneguard.checks._shown import not_shown, undecided_by_captures
from zoneguard.checks._transfers import part_text
from zoneguard.checks._undeclared import beside_screens, screen_side_channel
from zoneguard.checks._unread import display_flows, display_service, unseen_text
from zoneguard.inspection.unread import unrecognised
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Certainty, Flow, Transfer
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Method
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

SERVICE, CONTENT = "service", "content"
UNCERTAIN = frozenset({"dynamic-channels", "open-channel"})
PAGES = frozenset({"http", "http2", "http-ranges"})
MUCH = 1 << 20
CHANNELS = {
    (TCP, 139): "SMB",
    (TCP, 445): "SMB",
    (TCP, 1494): "Citrix ICA",
    (TCP, 2598): "Citrix CGP",
    (TCP, 3389): "RDP",
    (UDP, 3389): "RDP",
    (TCP, 4172): "PCoIP",
    (UDP, 4172): "PCoIP",
    (TCP, 5900): "VNC",
    (TCP, 6000): "X11",
    (TCP, 8443): "VMware Blast",
    (UDP, 8443): "VMware Blast",
    (TCP, 9427): "VMware Horizon CDR / MMR",
    (TCP, 22443): "VMware Blast",
    (UDP, 22443): "VMware Blast",
    (TCP, 32111): "VMware Horizon USB",
}
"""What usually goes by which port, to name it; nothing is decided by it."""


def _run(case: Case) -> Iterator[Finding]:
    def beside(traffic: Traffic) -> Bool:
        talked = traffic.crossing & traffic.answered & beside_screens(case, traffic)
        return talked & ~case.legitimate & ~_display(case, traffic)

    for matter in matters(case, beside):
        flow = matter[0]
        found = _finding(case, flow, told(matter, _beside(flow)), key_of(matter), SERVICE)
        yield replace(found, more_flows=len(matter) - 1)
    yield from _inside(case)


def _beside(flow: Flow) -> Text:
    known = CHANNELS.get((flow.proto, flow.dport))
    if known is None:
        return N_(
            "{flow}: a channel beside the screen transfer was answered; it is no declared display service.",
            flow=flow_text(flow),
        )
    return N_(
        "{flow} ({channel}): a channel beside the screen transfer was answered; it is no declared display service.",
        flow=flow_text(flow),
        channel=known,
    )


def _inside(case: Case) -> Iterator[Finding]:
    """What is told of the content of display sessions, the same of the same hosts once."""
    told: set[tuple[str, ...]] = set()
    for transfer in chain(case.dynamic.transfers, _sent_much(case)) if case.dynamic else ():
        flow = transfer.flow
        if transfer.parent or transfer.refused or not screen_side_channel(case, flow):
            continue
        for verdict, message, more in _said(case, transfer):
            key = (*flow_key(flow), *more)
            if key not in told:
                told.add(key)
                yield _finding(case, flow, message, key, CONTENT, verdict)


def _sent_much(case: Case) -> Iterator[Transfer]:
    """Of the display sessions whose content nobody reads, and that sent much, the first between the same hosts."""

    def lopsided(traffic: Traffic) -> Bool:
        sent, received = traffic.payload[:, 0], traffic.payload[:, 1]
        return traffic.unread & display_flows(case, traffic) & (sent > MUCH) & (sent > received)

    for matter in matters(case, lopsided):
        yield unrecognised(matter[0])


def _said(case: Case, transfer: Transfer) -> Iterator[tuple[Verdict, Text, tuple[str, ...]]]:
    """Verdict, sentence, and what makes it the same sentence."""
    flow = flow_text(transfer.flow)
    channels = sorted({h.kind for h in transfer.hazards})
    if transfer.kind == "screen" and channels:
        listed = ", ".join(channels)
        message = N_("{flow}: the screen session carries redirected channels: {channels}.", flow=flow, channels=listed)
        yield Verdict.UNDETERMINED if UNCERTAIN.issuperset(channels) else Verdict.VIOLATES, message, tuple(channels)
    if not display_service(case, transfer.flow):
        return
    if transfer.kind in ("file", "message") and transfer.protocol not in PAGES:
        message = N_(
            "{flow}: a file crossed on a display service, by {protocol}: {file}.",
            flow=flow, protocol=transfer.protocol, file=part_text(transfer),
        )  # fmt: skip
        yield Verdict.VIOLATES, message, (transfer.protocol, transfer.sha256 or transfer.name)
    sent, received = transfer.flow.payload
    if transfer.kind in ("session", "screen") and sent > max(MUCH, received):
        message = N_(
            "{flow}: the viewer sent {sent} bytes and was shown {received}, which is not what a screen looks like.",
            flow=flow, sent=sent, received=received,
        )  # fmt: skip
        yield Verdict.UNDETERMINED, message, ("volume",)


def _display(case: Case, traffic: Traffic) -> Bool:
    """Flows of a declared display service towards the sanitizer, from a zone that some row lets use it."""
    from zoneguard.checks._holding import Ends, holding  # noqa: PLC0415 (it needs NumPy)

    pairs = {(a.source.name, a.destination.name) for a in case.project.allow}
    zones = [zone.name for zone in case.project.zones]
    shown = traffic.between(())
    for screen in (s for s in case.project.sanitizers if s.method is Method.SCREEN_TRANSFER):
        permitted = {(source, target) for source in zones for target in zones if (source, screen.name) in pairs}
        which = (traffic.goes_to(screen.addresses) & traffic.between(permitted)).nonzero()[0]
        shown[which] |= holding(services_packets(case.space, screen.services), Ends(traffic, which))
    return shown


def _unseen(case: Case, aspect: str) -> Text | None:
    """Of the content: display sessions whose channels nothing names."""
    if aspect == SERVICE:
        return undecided_by_captures(case, {ZoneClass.LGWAN})
    left = [
        t
        for t in (case.dynamic.transfers if case.dynamic else ())
        if t.certainty is not Certainty.INSPECTED
        and not t.parent
        and display_service(case, t.flow)
        and (t.certainty is Certainty.PARTIAL or "channels" not in dict(t.facts))
    ]
    flows = [case.traffic.unread & display_flows(case, case.traffic)] if case.traffic is not None else []
    return unseen_text(case, left, flows) or not_shown(case, {ZoneClass.LGWAN})


def _finding(
    case: Case, flow: Flow, message: Text, key: tuple[str, ...], aspect: str, verdict: Verdict = Verdict.VIOLATES
) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=verdict,
        message=message,
        anchor=key,
        zones=(zone_name(case, flow.src), zone_name(case, flow.dst)),
        evidence=(flow.first, flow.last),
        flow=flow,
        aspect=aspect,
        fix=N_("Close every port to the screen-transfer hosts except the display services; switch redirection off."),
    )


PLUGIN = Check(
    id="ZG202",
    name="screen-transfer",
    title="Screen transfer carries a screen and nothing else",
    severity=Severity.CRITICAL,
    run=_run,
    aspects=frozenset({"service", "content"}),
    needs=frozenset({"dynamic"}),
    why="A share or a redirected drive beside the screen lets files cross unsanitized.",
    fix="Permit the display ports only, and switch drive, clipboard and printer redirection off.",
    wants="Captures of display sessions that are not encrypted; else a person's word on the settings.",
    example="- tcp 10.20.30.41 > 10.30.50.11:445\n+ tcp 10.20.30.41 > 10.30.50.11:8443",
    unseen=_unseen,
)
