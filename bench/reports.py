"""Every report format on many findings: ``python -m bench.reports [FINDINGS]`` (default 10000).

The findings are generated: each has its own rule, packets, witness, path and frame. Sizes are of what is written.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from bench._measure import phase
from zoneguard.loading.profile import load_profile
from zoneguard.model.addresses import parse_address, prefix_of
from zoneguard.model.crossing import Hop
from zoneguard.model.findings import ClauseResult, Finding, MatrixCell, Report, Row
from zoneguard.model.packet import Packet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Project
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import N_
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.plugins import of_type
from zoneguard.reports import ReportFormat

ZONES = 20


def finding(number: int) -> Finding:
    """A permit of one of forty firewalls, seen in a capture as well."""
    source, destination = number % ZONES, (number // ZONES + 1 + number) % ZONES
    device = f"fw-{number % 40:02}"
    rule = SourceSpan(f"configs/{device}.conf", number * 7 + 1, number * 7 + 9)
    client = f"10.{source}.{number // 256 % 256}.{number % 256}"
    return Finding(
        check="ZG101",
        severity=tuple(Severity)[number % len(Severity)],
        verdict=Verdict.VIOLATES,
        message=N_("Sessions may be opened from {source} to {destination} that no row of the project allows.",
                   source=f"zone-{source}", destination=f"zone-{destination}"),
        anchor=(device, str(number)),
        zones=(f"zone-{source}", f"zone-{destination}"),
        clauses=("mikasa:24(1)前段",),
        evidence=(rule, CaptureSpan("captures/core.pcap", number + 1, 1_775_000_000 + number / 7)),
        rows=tuple(Row(client, f"10.{destination}.{n}.0/24", "tcp", str(1024 + number % 5000 + n)) for n in range(3)),
        witness=Packet(parse_address(client), parse_address(f"10.{destination}.0.1"), 6, 1024, 1024 + number % 5000),
        path=(Hop(device, "root", "port3", "port1", (rule,)),),
        fix=N_("Remove or narrow the rule; if the traffic is needed, state it in allow or in the register."),
    )  # fmt: skip


def report(count: int) -> Report:
    """A report with ``count`` findings between twenty zones."""
    zones = [
        Zone(f"zone-{n}", ZoneClass.OTHER, (prefix_of(f"10.{n}.0.0/16"),), SourceSpan("zoneguard.yaml", n + 4, n + 4))
        for n in range(ZONES)
    ]
    names = [zone.name for zone in zones]
    profile = load_profile("mikasa")
    findings = tuple(map(finding, range(count)))
    broken = tuple(found.fingerprint for found in findings)
    return Report(
        project=Project(
            name="generated", file="zoneguard.yaml", root=Path(), profiles=(profile,), zones=ZoneMap(zones), devices=(),
            hosts={}, sanitizers=(), allow=(), exceptions=(), captures=(), as_of=date(2026, 11, 1),
        ),
        command="audit",
        findings=findings,
        clauses=tuple(
            ClauseResult(clause.id, Verdict.VIOLATES, N_("None."), broken if clause.id == "mikasa:24(1)前段" else ())
            for clause in profile.clauses
        ),
        matrix=tuple(
            MatrixCell(a, b, "violated", findings[0].rows, 0, findings[0].path[0].lines, ("fw-00",), 1, 0)
            for a in names
            for b in names
            if a != b
        ),
        accounts=(),
        captures=(),
        inputs=(),
        verdict=Verdict.VIOLATES,
        frames={
            span: f"Ether / IP / TCP {found.witness} S"
            for found in findings
            for span in found.evidence
            if isinstance(span, CaptureSpan)
        },
    )  # fmt: skip


def main(arguments: list[str]) -> None:
    """Write the generated report in every format."""
    count = int(arguments[0]) if arguments else 10_000
    generated = report(count)
    print(f"{count} findings")
    for plugin in of_type("zoneguard.reports", ReportFormat):
        with phase(plugin.name):
            size = len(plugin.write(generated, "ja", False))
        print(f"  {'':<42}{size / 1e6:8.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
