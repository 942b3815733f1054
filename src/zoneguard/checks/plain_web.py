"""ZG213: public web pages are served over TLS.

An HTTP answer with a page (status 2xx) that a host of a zone of class ``dmz`` gave to a public address without TLS is a
violation; a redirection is not. Where a configuration lets tcp/80 in from a public zone and no capture shows what
answers there, that is undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._permitted import pairs, parts_of, permitted
from zoneguard.checks._seen import TCP, class_of, flow_key, flow_text, seen
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Transfer
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

FIX = N_("Serve every page over TLS, and answer on port 80 with a redirection only.")


def _run(case: Case) -> Iterator[Finding]:
    answers = [t for t in case.dynamic.transfers if _answer(case, t)] if case.dynamic else []
    told: set[tuple[str, ...]] = set()
    for answer in answers:
        key = flow_key(answer.flow)
        if dict(answer.facts).get("status", "").startswith("2") and key not in told:
            told.add(key)
            message = N_("A public web page was served without TLS: {flow}.", flow=flow_text(answer.flow))
            yield seen(case, PLUGIN.id, PLUGIN.severity, message, [answer.flow], key, FIX)
    shown = Intervals.of(*{a.flow.dst for a in answers})
    yield from _open(case, shown)


def _answer(case: Case, transfer: Transfer) -> bool:
    flow = transfer.flow
    ends = class_of(case, flow.src), class_of(case, flow.dst)
    return transfer.protocol == "http" and not transfer.to_responder and ends == (ZoneClass.PUBLIC, ZoneClass.DMZ)


def _open(case: Case, shown: Intervals) -> Iterator[Finding]:
    zones, space = case.project.zones, case.space
    plain = space.field(Field.PROTO, Intervals.of(TCP)) & space.field(Field.DPORT, Intervals.of(80))
    for pair in pairs(case):
        published = tuple(zones[name].zone_class for name in pair) == (ZoneClass.PUBLIC, ZoneClass.DMZ)
        parts = parts_of(case, pair, lambda _: plain - space.field(Field.DST, shown)) if published else []
        if parts:
            message = N_(
                "Port 80 of {destination} is open to {source}; whether it only redirects to TLS no capture shows.",
                source=pair[0],
                destination=pair[1],
            )
            yield permitted(case, PLUGIN.id, PLUGIN.severity, message, parts, FIX, verdict=Verdict.UNDETERMINED)


PLUGIN = Check(
    id="ZG213",
    name="plain-web",
    title="Public web pages are served over TLS",
    severity=Severity.MEDIUM,
    run=_run,
    why="Without TLS whoever is on the way can read and change what citizens see and send.",
    fix="Serve every page over TLS and redirect port 80.",
    example="- HTTP/1.1 200 OK (port 80)\n+ HTTP/1.1 301 Moved Permanently\n+ Location: https://www.city.example/",
)
