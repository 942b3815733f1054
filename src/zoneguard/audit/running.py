"""One run: parse, push sets, replay, check, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zoneguard.audit.citations import refuse_unknown
from zoneguard.audit.comparing import disagreements
from zoneguard.audit.inputs import input_file, joined, load_devices, load_intended, shown
from zoneguard.audit.judging import clause_results
from zoneguard.audit.matrix import matrix
from zoneguard.audit.personal import with_personal_facts
from zoneguard.checks import Case, Check, DynamicResult, StaticResult
from zoneguard.checks.undetermined_input import unfinished
from zoneguard.collector import give_back
from zoneguard.gate.baseline import held_back
from zoneguard.gate.verdict import overall
from zoneguard.model.findings import Accepted, Finding, InputFile, Report
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.policy import Profile
from zoneguard.model.progress import Progress, Step, silent
from zoneguard.model.project import Method, Project
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.plugins import of_type
from zoneguard.static.lists import Lists
from zoneguard.static.propagation import Landmarks
from zoneguard.static.reachability import Network
from zoneguard.static.unplanned import unplanned

STATIC, DYNAMIC = "static", "dynamic"
BOTH = frozenset({STATIC, DYNAMIC})
REACHABILITY = N_("reachability")
COMMANDS = {BOTH: "audit", frozenset({STATIC}): "verify", frozenset({DYNAMIC}): "replay"}


@dataclass(frozen=True, slots=True)
class Looking:
    """How captures are looked into: every flow, not only those that cross, with ``all_flows``; carved content is
    written to the folder ``extract``; captures, or what flows carried, are read by up to ``jobs`` processes;
    ``show_content``: findings tell the personal facts of mails and sessions."""

    all_flows: bool = False
    extract: Path | None = None
    jobs: int = 1
    show_content: bool = False


def run(
    project: Project,
    halves: frozenset[str] = BOTH,
    progress: Progress = silent,
    spoofed: bool = False,
    baseline: Sequence[Accepted] = (),
    looking: Looking | None = None,
    intrazone: bool = False,
) -> Report:
    """The report of ``project``. ``halves``: ``static``, ``dynamic`` or both. Raises ``InputError``.

    ``spoofed``: in the static half hosts may use any source address, not only those that are routed to them.
    ``intrazone``: the matrix has what passes within a zone, too.

    ``looking``: how captures are looked into. ``baseline``: what was accepted is held back from the findings; clauses
    are judged as if it were not.
    """
    checks = {check.id: check for check in of_type("zoneguard.checks", Check)}
    refuse_unknown(project.profiles, checks)
    case, inputs = examine(project, halves, progress, spoofed, looking)
    static, dynamic = case.static, case.dynamic
    found = tuple(sorted(_findings(case, tuple(checks.values()), progress), key=_order))
    findings, held = held_back(case, found, baseline)
    findings = with_personal_facts(
        findings, dynamic.transfers if dynamic else (), bool(looking and looking.show_content)
    )
    return Report(
        project=project,
        command=COMMANDS[halves],
        findings=findings,
        clauses=tuple(clause_results(case, found, checks)),
        matrix=tuple(matrix(case, found, intrazone, spoofed)),
        accounts=static.accounts if static else (),
        captures=dynamic.accounts if dynamic else (),
        inputs=tuple(inputs),
        verdict=overall(found),
        frames=_frames(project, dynamic, findings) if dynamic else {},
        facts={
            "devices": len(static.devices) if static else 0,
            "flows": len(dynamic.flows.flows) if dynamic else 0,
            "transfers": len(dynamic.transfers) + int(dynamic.traffic.unread.sum()) if dynamic else 0,
        },
        spoofed=spoofed,
        disagreements=tuple(disagreements(project.profiles)),
        held=held,
        joints=_joints(static) if static else (),
    )


def examine(
    project: Project,
    halves: frozenset[str] = BOTH,
    progress: Progress = silent,
    spoofed: bool = False,
    looking: Looking | None = None,
) -> tuple[Case, list[InputFile]]:
    """What both halves say, before any check, and the files that were read. Raises ``InputError``."""
    space = PacketSpace()
    declared = (
        (Path(project.file), "project"),
        (project.attestation_file, "attestations"),
        (project.ledger_file, "ledger"),
    )
    inputs = [input_file(project, path, kind) for path, kind in declared if path]
    static = _static(project, space, inputs, progress, spoofed) if STATIC in halves and project.devices else None
    looking = looking or Looking()
    dynamic = None
    if DYNAMIC in halves and project.captures:
        dynamic = _dynamic(project, space, inputs, progress, looking, static)
    return Case(project, space, static, dynamic), inputs


def _static(
    project: Project, space: PacketSpace, inputs: list[InputFile], progress: Progress, spoofed: bool
) -> StaticResult:
    devices, accounts, files = load_devices(project, progress)
    inputs += files
    progress(Step(REACHABILITY))
    links = joined(project, devices)
    network = Network(devices, project.zones, links, space)
    crossings = network.crossings(spoofed=spoofed, landmarks=_landmarks(project))
    possible = tuple(part for crossing in crossings for part in network.attributed(crossing))
    rules, list_accounts, lists = load_intended(project)
    inputs += lists
    permits = [Lists(space, {}).permitted(rules_of, space.everything, None, None).must() for rules_of in rules]
    intended = space.union(*permits) if permits else None
    inner = [zone.name for zone in project.zones if zone.zone_class in (ZoneClass.MYNUMBER, ZoneClass.LGWAN)]
    beyond = tuple(unplanned(network, devices, links, inner))
    return StaticResult(devices, (*accounts, *list_accounts), network, possible, intended, beyond)


def _landmarks(project: Project) -> Landmarks:
    """What the policy asks of the way: zones that rows send sessions through, and sanitizers that hand packets on."""
    return Landmarks(frozenset(zone for row in project.allow for zone in row.via), project.sanitized_by(*Method))


def _dynamic(
    project: Project,
    space: PacketSpace,
    inputs: list[InputFile],
    progress: Progress,
    looking: Looking,
    static: StaticResult | None,
) -> DynamicResult:
    # NumPy and the inspectors are not needed by verify
    from zoneguard.audit.returning import returned  # noqa: PLC0415
    from zoneguard.audit.sightings import sightings  # noqa: PLC0415
    from zoneguard.dynamic.extracting import Extraction  # noqa: PLC0415
    from zoneguard.dynamic.replay import Options, replay  # noqa: PLC0415
    from zoneguard.dynamic.traffic import Traffic  # noqa: PLC0415

    extraction = Extraction(looking.extract) if looking.extract else None
    keep = extraction.keep if extraction else None
    paths: dict[str, Path] = {}

    def name(file: str) -> str:
        text = shown(project, Path(file))
        paths[text] = Path(file)
        return text

    options = Options(
        touching=project.sanitized_by(Method.FILE),
        all_flows=looking.all_flows,
        keep=keep,
        progress=_counting(progress),
        name=name,
        jobs=looking.jobs,
    )
    result = replay(project.captures, project.zones, options)
    inputs += [
        InputFile(account.file, account.sha256, "capture", paths[account.file].absolute())
        for account in result.table.accounts
        if paths[account.file].is_file()
    ]
    if extraction:
        extraction.finish(result.transfers)
    traffic = Traffic(result.flows, project.zones, result.entries, result.unread)
    give_back()
    if static:
        traffic.join(sightings(space, static.possible, traffic))
        traffic.stays(returned(static.network, static.devices, static.possible, traffic))
    return DynamicResult(result.table, traffic, result.read, result.table.accounts, result.entries)


def _counting(progress: Progress) -> Callable[[int], None]:
    """Tells of frames as they are read: those of streams that cross once more, so that nobody knows how many."""
    frames = 0

    def read(count: int) -> None:
        nonlocal frames
        frames += count
        progress(Step(N_("captures: {frames} frames read", frames=frames)))

    return read


def _joints(static: StaticResult) -> tuple[tuple[str, str], ...]:
    """Which contexts and zones lie beside each other, each pair once."""
    edges = {(min(a, b), max(a, b)) for a, b in static.network.topology.graph.edges()}
    return tuple(sorted(edges))


def _frames(project: Project, dynamic: DynamicResult, findings: Iterable[Finding]) -> dict[CaptureSpan, str]:
    """The frames that findings cite, dissected; a pipe cannot be read again."""
    from zoneguard.dynamic.dissecting import dissect  # noqa: PLC0415

    cited = {e for f in findings for e in f.evidence if isinstance(e, CaptureSpan) and e.frame}
    lines: dict[CaptureSpan, str] = {}
    for entry in dynamic.points.values():
        path = entry.path
        spans = [s for s in cited if s.file == shown(project, path)]
        if spans and path.is_file():
            texts = dissect(str(path), {s.frame for s in spans})
            lines.update({s: texts[s.frame] for s in spans if s.frame in texts})
    return lines


def _findings(case: Case, checks: Sequence[Check], progress: Progress) -> Iterator[Finding]:
    given = {STATIC} if case.static else set()
    given |= {DYNAMIC} if case.dynamic else set()
    for done, check in enumerate(checks):
        progress(Step(N_("checks"), done, len(checks)))
        if check.needs <= given:
            try:
                for finding in check.run(case):
                    yield _weighed(case.project.profiles, finding)
            except TooLarge as refusal:
                yield _weighed(case.project.profiles, unfinished(check, refusal.cause))
            if case.dynamic:
                give_back()


def _weighed(profiles: tuple[Profile, ...], finding: Finding) -> Finding:
    """With the clauses that it decides, and the severity of the strictest; the check's own where no clause has one."""
    asking = [profile for profile in profiles if finding.profile in ("", profile.name)]
    cited = [clause for profile in asking for clause in profile.citing(finding.check, finding.aspect)]
    weights = [clause.weight for clause in cited if clause.weight is not None]
    severity = max(weights, key=lambda weight: weight.rank, default=finding.severity)
    return replace(finding, clauses=tuple(clause.id for clause in cited), severity=severity)


def _order(finding: Finding) -> tuple[int, str, tuple[str, ...]]:
    return -finding.severity.rank, finding.check, finding.anchor
