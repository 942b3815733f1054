"""ZG202: to the hosts of screen transfer goes a screen and nothing else.

Every flow that was answered between a host of a ``screen-transfer`` sanitizer and another zone must be of a
declared display service of that sanitizer, opened towards it, or be allowed by a row. Anything else, such as SMB or
a drive redirection port, is a side channel. Redirected channels that can be read inside a display session are too;
where a session is encrypted, or of a kind that is not read, the clauses about its content are undetermined. Aspects:
``service`` (what is beside the display services), ``content`` (what is inside them).
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._legitimate import Legitimate
from zoneguard.checks._policy import services_packets
from zoneguard.checks._undeclared import flow_key, flow_text, screen_side_channel
from zoneguard.checks._unread import display_service, unseen_text
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Certainty, Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Method
from zoneguard.model.text import N_, Text

SERVICE, CONTENT = "service", "content"


def _run(case: Case) -> Iterator[Finding]:
    legitimate = Legitimate(case)
    groups: dict[tuple[str, ...], list[Crossing]] = {}
    for crossing in case.observed:
        flow = crossing.flow
        if flow is None or not flow.answered or not screen_side_channel(case, flow):
            continue
        if not (legitimate.flow(crossing) or _display(case, crossing, flow)):
            groups.setdefault(flow_key(flow), []).append(crossing)
    for key, crossings in groups.items():
        flow = crossings[0].flow
        assert flow is not None
        message = N_(
            "{flow}: a channel beside the screen transfer was answered; it is no declared display service.",
            flow=flow_text(flow),
        )
        yield _finding(crossings[0].source, crossings[0].destination, flow, message, key, SERVICE)
    for transfer in case.dynamic.transfers if case.dynamic else ():
        flow = transfer.flow
        channels = sorted({h.kind for h in transfer.hazards})
        if transfer.kind == "screen" and channels and screen_side_channel(case, flow):
            message = N_(
                "{flow}: the screen session carries redirected channels: {channels}.",
                flow=flow_text(flow),
                channels=", ".join(channels),
            )
            source, destination = (z.name if z else "" for z in map(case.project.zones.of, (flow.src, flow.dst)))
            yield _finding(source, destination, flow, message, (*flow_key(flow), *channels), CONTENT)


def _display(case: Case, crossing: Crossing, flow: Flow) -> bool:
    """Whether the flow is a declared display service towards the sanitizer, from a zone that some row lets use it."""
    pair = {(a.source.name, a.destination.name) for a in case.project.allow}
    return any(
        flow.dst in s.addresses
        and crossing.packets & services_packets(case.space, s.services)
        and (crossing.source, s.name) in pair
        for s in case.project.sanitizers
        if s.method is Method.SCREEN_TRANSFER
    )


def _unseen(case: Case, aspect: str) -> Text | None:
    """Of the content: display sessions whose channels nothing names."""
    if aspect == SERVICE:
        return None
    return unseen_text(
        [
            t
            for t in (case.dynamic.transfers if case.dynamic else ())
            if t.certainty is not Certainty.INSPECTED and not t.parent and display_service(case, t.flow)
            and "channels" not in dict(t.facts)
        ]
    )  # fmt: skip


def _finding(source: str, destination: str, flow: Flow, message: Text, key: tuple[str, ...], aspect: str) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=message,
        anchor=key,
        zones=(source, destination),
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
    needs=frozenset({"dynamic"}),
    why="A share or a redirected drive beside the screen lets files cross unsanitized.",
    fix="Permit the display ports only, and switch drive, clipboard and printer redirection off.",
    unseen=_unseen,
)
