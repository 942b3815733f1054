"""A report made by hand: every kind of finding, verdict and evidence once."""

from datetime import date
from pathlib import Path

from zoneguard.loading.profile import load_profile
from zoneguard.loading.values import service
from zoneguard.model.addresses import parse_address, parse_prefix, prefix_of
from zoneguard.model.crossing import Hop
from zoneguard.model.device import Concern, LineAccount, Misunderstood
from zoneguard.model.findings import ClauseResult, Finding, InputFile, MatrixCell, Report, Row
from zoneguard.model.flows import CaptureAccount, Certainty, Flow, FlowState, Hazard, Transfer
from zoneguard.model.packet import Packet
from zoneguard.model.policy import ClauseClass, Severity, Verdict
from zoneguard.model.project import Allowance, Endpoint, ExceptionEntry, PeerInternet, Project
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import N_
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap

YAML = SourceSpan("zoneguard.yaml", 20, 20)
RULE = SourceSpan("configs/fw-core.conf", 120, 128)
FRAME = CaptureSpan("captures/lg-edge.pcap", 17, 1_775_000_000.25)


def zone(name: str, zone_class: ZoneClass, *prefixes: str) -> Zone:
    return Zone(name, zone_class, tuple(prefix_of(p) for p in prefixes), SourceSpan("zoneguard.yaml", 4, 4))


def endpoint(name: str, text: str) -> Endpoint:
    return Endpoint(name, parse_prefix(text))


PROJECT = Project(
    name="sample-city",
    file="zoneguard.yaml",
    root=Path(),
    profiles=(load_profile("mikasa"),),
    zones=ZoneMap(
        [
            zone("mynumber", ZoneClass.MYNUMBER, "10.10.0.0/16"),
            zone("lgwan", ZoneClass.LGWAN, "10.20.0.0/16"),
            zone("世界", ZoneClass.PUBLIC, "0.0.0.0/0", "::/0"),
        ]
    ),
    devices=(),
    hosts={},
    sanitizers=(),
    allow=(
        Allowance(
            "A1",
            endpoint("lgwan", "10.20.0.0/16"),
            endpoint("世界", "0.0.0.0/0"),
            (service("tcp/443"),),
            YAML,
            purpose="updates",
            clauses=("mikasa:37(4)",),
        ),
    ),
    exceptions=(
        ExceptionEntry(
            "EX-01",
            endpoint("renkei-sv", "10.10.20.20"),
            endpoint("198.18.77.10", "198.18.77.10"),
            (service("tcp/443"),),
            YAML,
            macs=(0x00005E005320,),
            purpose="eLTAX",
            applicant="税務課長",
            approver="CISO",
            approved=date(2026, 4, 1),
            expires=date(2027, 3, 31),
            peer_internet=PeerInternet.ATTESTED_NO,
        ),
        ExceptionEntry(
            "EX-02",
            endpoint("chukan-if", "10.10.20.30"),
            endpoint("198.18.80.10", "198.18.80.10"),
            (service("tcp/443"),),
            YAML,
            expires=date(2026, 3, 31),
        ),
    ),
    captures=(),
    as_of=date(2026, 11, 21),
)

FLOW = Flow(
    src=parse_address("10.30.10.10"),
    dst=parse_address("10.20.10.10"),
    proto=6,
    sport=40000,
    dport=25,
    state=FlowState.CLOSED,
    opened_by="handshake",
    packets=(12, 10),
    bytes=(9000, 800),
    payload=(8000, 400),
    first=FRAME,
    last=CaptureSpan(FRAME.file, 40, FRAME.time + 1),
    macs=((0x00005E005301,), (0x00005E005302,)),
)

PERMIT = Finding(
    check="ZG101",
    severity=Severity.CRITICAL,
    verdict=Verdict.VIOLATES,
    message=N_("a test sentence about {source} and {destination}", source="mynumber", destination="lgwan"),
    anchor=("mynumber", "lgwan", "temp"),
    zones=("mynumber", "lgwan"),
    clauses=("mikasa:24(1)前段", "mikasa:7(3)ア"),
    evidence=(RULE,),
    rows=(Row("10.10.0.0/16", "10.20.0.0/16", "tcp", "445"),),
    more_rows=3,
    witness=Packet(parse_address("10.10.0.1"), parse_address("10.20.0.1"), 6, 1024, 445),
    path=(Hop("fw-core", "root", "port3", "port1", (RULE,)),),
    fix=N_("remove it"),
)
MAIL = Finding(
    check="ZG201",
    severity=Severity.CRITICAL,
    verdict=Verdict.VIOLATES,
    message=N_("a mail with more than text"),
    anchor=("mail",),
    zones=("世界", "lgwan"),
    clauses=("mikasa:25(1)",),
    evidence=(FRAME, YAML),
    flow=FLOW,
    transfer=Transfer(
        key="k",
        flow=FLOW,
        protocol="smtp",
        kind="attachment",
        to_responder=True,
        frames=(FRAME,),
        certainty=Certainty.INSPECTED,
        name="請求書.docm",
        media_type="application/vnd.ms-word.document.macroEnabled.12",
        size=4000,
        sha256="ab" * 32,
        hazards=(Hazard("vba-macro", "word/vbaProject.bin"),),
    ),
)
UNDETERMINED = Finding(
    check="ZG401",
    severity=Severity.INFO,
    verdict=Verdict.UNDETERMINED,
    message=N_("a line that may matter was not understood"),
    anchor=("line", "x"),
    evidence=(SourceSpan("configs/uplink.conf", 7, 7),),
)
ICMP = Finding(
    check="ZG103",
    severity=Severity.LOW,
    verdict=Verdict.VIOLATES,
    message=N_("an echo request"),
    anchor=("icmp",),
    zones=("lgwan", "世界"),
    witness=Packet(parse_address("10.20.0.1"), parse_address("2001:db8::1"), 58, icmp=128 << 8, mac=0x00005E005301),
)


def verdict_of(clause_class: ClauseClass) -> Verdict:
    return Verdict.ATTESTATION_NEEDED if clause_class is ClauseClass.ATTESTATION else Verdict.UNDETERMINED


CLAUSES = tuple(
    ClauseResult(clause.id, Verdict.VIOLATES, N_("there are findings"), (PERMIT.fingerprint,))
    if clause.id in PERMIT.clauses
    else ClauseResult(clause.id, verdict_of(clause.clause_class), N_("nobody has looked"))
    for clause in PROJECT.profiles[0].clauses
)

REPORT = Report(
    project=PROJECT,
    command="audit",
    findings=(UNDETERMINED, ICMP, MAIL, PERMIT),
    clauses=CLAUSES,
    matrix=(
        MatrixCell("mynumber", "lgwan", "violated", PERMIT.rows, 3, (RULE,) * 8, (), 0, 0),
        MatrixCell("mynumber", "世界", "denied", (), 0, (), (), 0, 2),
        MatrixCell("lgwan", "mynumber", "denied", (), 0, (), (), 0, 0),
        MatrixCell("lgwan", "世界", "sanitized", PERMIT.rows, 0, (RULE,), ("dmz-san",), 3, 1),
        MatrixCell("世界", "mynumber", "undetermined", (), 0, (), (), 0, 0),
        MatrixCell("世界", "lgwan", "allowed", PERMIT.rows, 0, (RULE,), (), 0, 0),
    ),
    accounts=(
        LineAccount(
            "configs/uplink.conf",
            "yamaha-rtx",
            100,
            80,
            {"blank or comment": 18},
            (
                Misunderstood(SourceSpan("configs/uplink.conf", 7, 7), "ip foo bar", "no such word", Concern.FILTER),
                Misunderstood(SourceSpan("configs/uplink.conf", 9, 9), "console lines", "a display", Concern.OTHER),
            ),
        ),
    ),
    captures=(
        CaptureAccount(FRAME.file, "cd" * 32, 60, 53, {"a bad header": 2}, "cut in frame 61", "numpy", {"ARP": 5}),
    ),
    inputs=(InputFile("configs/uplink.conf", "ef" * 32, "config"),),
    verdict=Verdict.VIOLATES,
    facts={"packets": 60},
)
