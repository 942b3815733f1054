"""ZG207: nothing spreads from host to host.

Three traces of an intruder are looked for in every capture. A **sweep**: one host tries one service of very many
others, most of which do not answer. A **chain**: a terminal that was entered by a file share, remote desktop or remote
management (SMB, RPC, RDP, WinRM, SSH, VNC), also from outside, opens the same to a further host within an hour. Hosts
declared with the role ``server``, ``scanner`` or ``jump-host``, and zones of class ``management``, are expected to do
so. Where a sweep leads out of the municipality its aspect is ``outward``, else ``inward``; a chain has the aspect
``chain``. A **peer**: one terminal opens such a service to another, and gets an answer (aspect ``peer``). Terminals are
the hosts of that role, and those that are seen to use the screen transfer. Of such a session inside a zone to a host of
which nobody says what it is for, it is open whether it is one: the clauses are undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import INSIDE, MOST, OUTSIDE, flow_text, key_of, matters, one_of_ways, seen, told
from zoneguard.checks._unread import display_flows
from zoneguard.model.addresses import format_address
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.policy import Severity
from zoneguard.model.project import Role
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.relaying import Steps
    from zoneguard.dynamic.traffic import Traffic

SPREADING = frozenset({22, 135, 139, 445, 3389, 5900, 5985, 5986})
MANY = 20
"""Hosts that one host tries on one service before it is a sweep."""
UNANSWERED = 0.5
"""Share of them that do not answer."""
HOUR = 3600.0


def _run(case: Case) -> Iterator[Finding]:
    traffic = case.traffic
    if traffic is None:
        return
    unexpected = _unexpected(case, traffic)
    entering = _spreading(traffic) & (unexpected | traffic.opened_in(OUTSIDE))
    yield from _sweeps(case, traffic, unexpected)
    yield from _chains(case, traffic, entering)
    yield from _peers(case, entering & _between_terminals(case, traffic))


def _expected(case: Case) -> Intervals:
    """Hosts whose work it is to open sessions to others."""
    roles = (Role.SERVER, Role.SCANNER, Role.JUMP_HOST)
    return Intervals.from_spans(span for role in roles for span in case.project.having(role).spans)


def _unexpected(case: Case, traffic: Traffic) -> Bool:
    inside = traffic.opened_in(INSIDE - {ZoneClass.MANAGEMENT})
    return inside & ~traffic.comes_from(_expected(case) | case.own)


def _spreading(traffic: Traffic) -> Bool:
    return traffic.answered & traffic.tcp(SPREADING)


def _between_terminals(case: Case, traffic: Traffic) -> Bool:
    watching = traffic.answered & traffic.known & display_flows(case, traffic)
    users = Intervals.of(*(traffic.address(int(number)) for number in set(traffic.src[watching].tolist())))
    terminals = case.project.having(Role.TERMINAL) | users - _expected(case)
    return traffic.comes_from(terminals) & traffic.goes_to(terminals)


def _unseen(case: Case, aspect: str) -> Text | None:
    """Of sessions inside a zone to hosts of which nobody says what they are for."""
    traffic = case.traffic
    if traffic is None or aspect not in ("", "peer"):
        return None
    every = Intervals.from_spans(span for host in case.project.hosts.values() for span in host.addresses.spans)
    named = every - case.project.having(Role.TERMINAL) | case.own
    within = (traffic.source >= 0) & (traffic.source == traffic.target) & ~traffic.goes_to(named)
    asked = _spreading(traffic) & _unexpected(case, traffic) & within & ~_between_terminals(case, traffic)
    if not asked.any():
        return None
    return N_(
        "of {count} sessions for file shares or remote control inside a zone nobody says whether they end at terminals "
        "(the first: {flow}); give the hosts their roles",
        count=int(asked.sum()),
        flow=flow_text(traffic.some(asked.nonzero()[0][:1])[0]),
    )


def _sweeps(case: Case, traffic: Traffic, wanted: Bool) -> Iterator[Finding]:
    outside = traffic.ends_in(OUTSIDE)
    for tried in traffic.fans(wanted & (traffic.dport > 0), MANY):
        count, silent = len(tried), int((~traffic.answered[tried]).sum())
        if silent < UNANSWERED * count:
            continue
        flows = traffic.some(tried)
        flow = flows[0]
        name, host = PROTOCOL_NAMES.get(flow.proto, str(flow.proto)), format_address(flow.src)
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            N_(
                "{host} tried {service} of {count} hosts, of which {silent} did not answer.",
                host=host,
                service=f"{name}/{flow.dport}",
                count=count,
                silent=silent,
            ),
            flows,
            ("sweep", host, name, str(flow.dport)),
            N_("Take the host off the network and look for malware; if it is a scanner, declare its role."),
            aspect="outward" if int(outside[tried].sum()) > count / 2 else "inward",
        )


def _chains(case: Case, traffic: Traffic, wanted: Bool) -> Iterator[Finding]:
    into, on = _went_on(traffic, wanted)
    count = len(on)
    shown = 1 if count > MOST else count
    for first, then in zip(into[:shown].tolist(), on[:shown].tolist(), strict=True):
        before, flow = traffic.flows[first], traffic.flows[then]
        message = N_(
            "{host} was entered and went on: {before}, then {after}.",
            host=format_address(flow.src),
            before=flow_text(before),
            after=flow_text(flow),
        )
        anchor: tuple[str, ...] = (
            "chain",
            format_address(before.src),
            format_address(flow.src),
            format_address(flow.dst),
        )
        if count > MOST:
            message = one_of_ways(message, count)
            anchor = ("chain", "many", traffic.digest((traffic.at(into) | traffic.at(on)).nonzero()[0]))
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            message,
            [before, flow],
            anchor,
            N_("Find out who used the host, and close these services between terminals."),
            aspect="chain",
        )


def _went_on(traffic: Traffic, wanted: Bool) -> Steps:
    """The first flow that entered a host, and the first by which it went on to another within an hour."""
    from zoneguard.dynamic.relaying import once, steps  # noqa: PLC0415 (NumPy is not needed where nothing was captured)

    before, after = steps(traffic, wanted, wanted, latest=False)
    further = (traffic.dst[after] != traffic.src[before]) & (traffic.dst[after] != traffic.src[after])
    further &= traffic.time[after] - traffic.time[before] < HOUR
    return once(traffic, (before[further], after[further]), ports=False)


def _peers(case: Case, wanted: Bool) -> Iterator[Finding]:
    for matter in matters(case, lambda _: wanted):
        message = N_("A terminal opened a session to another terminal: {flow}.", flow=flow_text(matter[0]))
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            told(matter, message),
            matter,
            ("peer", *key_of(matter)),
            N_("Close file shares and remote control between terminals, on their own firewalls or at the switch."),
            aspect="peer",
        )


PLUGIN = Check(
    id="ZG207",
    name="lateral-movement",
    title="Nothing spreads from host to host",
    severity=Severity.HIGH,
    run=_run,
    aspects=frozenset({"inward", "outward", "chain", "peer"}),
    needs=frozenset({"dynamic"}),
    unseen=_unseen,
    why="An intruder who got one terminal looks for the next: that is the moment to stop it.",
    fix="Close file shares and remote management between terminals; let them end at servers and jump hosts only.",
    wants="Captures taken inside the zones; the roles server, scanner, jump-host and terminal of hosts.",
    example="- tcp 10.20.0.5 > 10.20.0.6:445, 10.20.0.6 > 10.20.0.7:445\n+ tcp 10.20.0.5 > 10.20.10.20:445 (server)",
)
