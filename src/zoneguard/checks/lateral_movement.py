"""ZG207: nothing spreads from host to host.

Three traces of an intruder are looked for in every capture. A **sweep**: one host tries one service of very many
others, most of which do not answer. A **chain**: a terminal that was entered by a file share, remote desktop or remote
management (SMB, RPC, RDP, WinRM, SSH, VNC), also from outside, opens the same to a further host within an hour. Hosts
declared with the role ``server``, ``scanner`` or ``jump-host``, and zones of class ``management``, are expected to do
so. Where a sweep leads out of the municipality its aspect is ``outward``, else ``inward``; a chain has the aspect
``chain``. A **peer**: one host of the role ``terminal`` opens such a service to another, and gets an answer (aspect
``peer``); where no host has that role, nobody says which hosts are terminals, and this is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import OUTSIDE, TCP, class_of, flows_of, grouped, seen
from zoneguard.checks._undeclared import flow_text
from zoneguard.model.addresses import format_address
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.policy import Severity
from zoneguard.model.project import Role
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

SPREADING = frozenset({22, 135, 139, 445, 3389, 5900, 5985, 5986})
MANY = 20
"""Hosts that one host tries on one service before it is a sweep."""
UNANSWERED = 0.5
"""Share of them that do not answer."""
HOUR = 3600.0


def _run(case: Case) -> Iterator[Finding]:
    expected = (
        case.project.having(Role.SERVER) | case.project.having(Role.SCANNER) | case.project.having(Role.JUMP_HOST)
    )

    def unexpected(flow: Flow) -> bool:
        inside = class_of(case, flow.src) not in {None, ZoneClass.MANAGEMENT, *OUTSIDE}
        return inside and flow.src not in expected and flow.src not in case.own

    def spreading(flow: Flow) -> bool:
        entering = unexpected(flow) or class_of(case, flow.src) in OUTSIDE
        return entering and flow.proto == TCP and flow.dport in SPREADING and flow.answered

    entering = list(flows_of(case, spreading))
    yield from _sweeps(case, list(flows_of(case, unexpected)))
    yield from _chains(case, entering)
    yield from _peers(case, entering)


def _sweeps(case: Case, flows: list[Flow]) -> Iterator[Finding]:
    tried: dict[tuple[int, int, int], dict[int, Flow]] = {}
    for flow in flows:
        if flow.dport:
            known = tried.setdefault((flow.src, flow.proto, flow.dport), {})
            if flow.dst not in known or flow.answered:
                known[flow.dst] = flow
    for (source, proto, port), by_host in tried.items():
        silent = [flow for flow in by_host.values() if not flow.answered]
        if len(by_host) < MANY or len(silent) < UNANSWERED * len(by_host):
            continue
        outward = sum(class_of(case, host) in OUTSIDE for host in by_host) > len(by_host) / 2
        name = PROTOCOL_NAMES.get(proto, str(proto))
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            N_(
                "{host} tried {service} of {count} hosts, of which {silent} did not answer.",
                host=format_address(source),
                service=f"{name}/{port}",
                count=len(by_host),
                silent=len(silent),
            ),
            list(by_host.values()),
            ("sweep", format_address(source), name, str(port)),
            N_("Take the host off the network and look for malware; if it is a scanner, declare its role."),
            aspect="outward" if outward else "inward",
        )


def _chains(case: Case, flows: list[Flow]) -> Iterator[Finding]:
    entered: dict[int, Flow] = {}
    done: set[tuple[int, int]] = set()
    for flow in flows:
        before = entered.get(flow.src)
        onward = before is not None and flow.dst not in (before.src, before.dst)
        if before and onward and flow.first.time - before.first.time < HOUR and (flow.src, flow.dst) not in done:
            done.add((flow.src, flow.dst))
            yield seen(
                case,
                PLUGIN.id,
                PLUGIN.severity,
                N_(
                    "{host} was entered and went on: {before}, then {after}.",
                    host=format_address(flow.src),
                    before=flow_text(before),
                    after=flow_text(flow),
                ),
                [before, flow],
                ("chain", format_address(before.src), format_address(flow.src), format_address(flow.dst)),
                N_("Find out who used the host, and close these services between terminals."),
                aspect="chain",
            )
        entered.setdefault(flow.dst, flow)


def _peers(case: Case, flows: list[Flow]) -> Iterator[Finding]:
    terminals = case.project.having(Role.TERMINAL)
    for key, group in grouped(flow for flow in flows if flow.src in terminals and flow.dst in terminals):
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            N_("A terminal opened a session to another terminal: {flow}.", flow=flow_text(group[0])),
            group,
            ("peer", *key),
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
    why="An intruder who got one terminal looks for the next: that is the moment to stop it.",
    fix="Close file shares and remote management between terminals; let them end at servers and jump hosts only.",
    wants="Captures taken inside the zones; the roles server, scanner, jump-host and terminal of hosts.",
    example="- tcp 10.20.0.5 > 10.20.0.6:445, 10.20.0.6 > 10.20.0.7:445\n+ tcp 10.20.0.5 > 10.20.10.20:445 (server)",
)
