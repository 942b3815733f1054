"""ZG203: files reach the LGWAN zone without hazards.

Every file that a capture shows on its way to a host of class ``lgwan`` from outside the LGWAN side, whoever opened the
flow and whatever host it came from, must hold no hazard; where a policy asks for both directions, so must every file on
its way out to the Internet zone. A hazardous member is said with its container; mail is ZG201's matter.

What cannot be read proves nothing. Content from the Internet side that was encrypted, damaged, cut short or of no
known kind leaves the clauses undetermined. It is a finding of its own where some row allows the flow and the far end is
not the declared file sanitizer's own host; an encrypted session with that host is what the project says it is, so the
clauses alone say that nobody saw the files. Aspects: ``import``, ``export``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import flow_key, key_of, zone_name
from zoneguard.checks._shown import not_shown
from zoneguard.checks._transfers import IMPORT, MAIL, part_text, taken_in
from zoneguard.checks._unread import at, count_text, ends_of, unread, unread_matters, unseen_of
from zoneguard.inspection.unread import unrecognised
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Transfer
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Method
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass


def _run(case: Case) -> Iterator[Finding]:
    yield from _hazardous(case)
    groups: dict[tuple[str, ...], list[Transfer]] = {}
    for transfer, direction in _doubtful(case):
        groups.setdefault((direction, transfer.kind, *flow_key(transfer.flow)), []).append(transfer)
    for direction, matter in unread_matters(
        case, Method.FILE, PLUGIN.id, besides=case.project.sanitized_by(Method.FILE)
    ):
        key = (direction, "session", *key_of(matter))
        known = groups.pop(key, [])
        examples = sorted((*known, *map(unrecognised, matter[:5])), key=lambda t: t.flow.first.time)
        yield _undetermined(examples, len(known) + len(matter), case, key)
    for key, transfers in groups.items():
        yield _undetermined(transfers, len(transfers), case, key)


def _doubtful(case: Case) -> Iterator[tuple[Transfer, str]]:
    """What could not be read, each once, of flows that are allowed (other checks say that the others are forbidden)."""
    told: set[str] = set()
    for transfer, direction in unread(case, Method.FILE):
        if transfer.hazards or (transfer.kind == "session" and at(case, transfer.flow, Method.FILE)):
            continue
        if case.asks(PLUGIN.id, direction) and case.allows(transfer.flow):
            if transfer.key not in told:
                yield transfer, direction
            told.add(transfer.key)


def _undetermined(transfers: Sequence[Transfer], count: int, case: Case, key: tuple[str, ...]) -> Finding:
    direction, first = key[0], transfers[0]
    what = count_text(first, count)
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.UNDETERMINED,
        message=N_("Whether files with hazards came into the LGWAN zone cannot be said: {what}.", what=what)
        if direction == IMPORT
        else N_("Whether files with hazards left for the Internet zone cannot be said: {what}.", what=what),
        anchor=("unread", *key),
        zones=(zone_name(case, first.flow.src), zone_name(case, first.flow.dst)),
        evidence=ends_of(transfers),
        flow=first.flow,
        transfer=first,
        aspect=direction,
        fix=N_("Capture where it can be read, as before the encryption, or let it pass through the file sanitizer."),
    )


def _unseen(case: Case, aspect: str) -> Text | None:
    return unseen_of(case, Method.FILE, aspect) or not_shown(case, {ZoneClass.LGWAN})


def _hazardous(case: Case) -> Iterator[Finding]:
    found = list(taken_in(case, PLUGIN.id))
    hazardous = {t.key for t, _ in found if t.hazards and t.kind != "message"}
    for transfer, direction in found:
        if transfer.protocol in MAIL or transfer.kind in ("session", "screen"):
            continue
        if transfer.refused or not transfer.hazards or transfer.parent in hazardous:
            continue
        flow = transfer.flow
        zones = [z.name if z else "" for z in map(case.project.zones.of, (flow.src, flow.dst))]
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_("A file with hazards came into the LGWAN zone: {file}.", file=part_text(transfer))
            if direction == IMPORT
            else N_("A file with hazards left for the Internet zone: {file}.", file=part_text(transfer)),
            anchor=(*flow_key(flow), transfer.sha256 or transfer.key),
            zones=tuple(zones),
            evidence=tuple(transfer.frames) or (flow.first,),
            flow=flow,
            transfer=transfer,
            aspect=direction,
            fix=N_("Quarantine the file, and find out why the sanitizer did not see it or let it pass."),
        )


PLUGIN = Check(
    id="ZG203",
    name="file-method",
    title="Files reach the LGWAN zone without hazards",
    severity=Severity.CRITICAL,
    run=_run,
    aspects=frozenset({"import", "export"}),
    needs=frozenset({"dynamic"}),
    why="A macro, script or executable that arrives in the LGWAN zone runs next to its office systems.",
    fix="Let files in through the sanitizer only, and make it refuse what it cannot clean.",
    wants="Captures on both legs of the file sanitizer, in clear.",
    example="- file-san > 10.20.0.5: mitsumori.xlsm (vbaProject.bin)\n+ file-san > 10.20.0.5: mitsumori.xlsx",
    unseen=_unseen,
)
