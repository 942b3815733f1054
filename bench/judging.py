"""Judging flows, as whole processes: ``python -m bench.judging [FLOWS [PACKETS]]``.

``zoneguard flows`` and ``zoneguard replay`` on a capture of small packets of which every flow crosses from one zone to
another: the judgement with all checks of a profile, the content of every flow put together and looked into. Then the
judgement alone, in one process: columns, zones, the checks, the matrix.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench._measure import phase
from bench._packets import write
from bench._process import run

PROJECT = """\
zoneguard: 1
name: bench
profile: [mikasa]
as-of: 2026-11-01
zones:
  lgwan: {class: lgwan, prefixes: [10.0.0.0/15, "fd00::/16"]}
  internet: {class: internet, prefixes: [172.16.0.0/15]}
  world: {class: public, prefixes: [0.0.0.0/0, "::/0"]}
allow:
  - {id: A1, from: lgwan, to: internet, services: [tcp/443], purpose: bench}
captures:
  - {path: flows.pcap, point: {zone: lgwan}}
"""


def judge(folder: Path) -> None:
    """Survey, columns, checks and matrix, without content."""
    from zoneguard.audit.matrix import matrix  # noqa: PLC0415 (imports are part of what is measured)
    from zoneguard.checks import Case, Check, DynamicResult  # noqa: PLC0415
    from zoneguard.dynamic.joined import Flows  # noqa: PLC0415
    from zoneguard.dynamic.surveying import survey  # noqa: PLC0415
    from zoneguard.dynamic.traffic import Traffic  # noqa: PLC0415
    from zoneguard.loading.project import load_project  # noqa: PLC0415
    from zoneguard.model.flows import FlowTable  # noqa: PLC0415
    from zoneguard.model.packets import PacketSpace  # noqa: PLC0415
    from zoneguard.plugins import of_type  # noqa: PLC0415

    project = load_project(folder, None)
    with phase("flow table"):
        seen = survey([str(folder / "flows.pcap")], digest=False, interesting=None)
    with phase("columns and zones"):
        flows = Flows((seen.tracks,), by_time=True)
        traffic = Traffic(flows, project.zones, {str(folder / "flows.pcap"): project.captures[0]})
        dynamic = DynamicResult(FlowTable(flows, seen.accounts), traffic, (), seen.accounts, {})
        case = Case(project, PacketSpace(), None, dynamic)
    with phase("what is allowed"):
        allowed = int(case.legitimate.sum())
    with phase("checks and matrix"):
        checks = [check for check in of_type("zoneguard.checks", Check) if check.needs <= {"dynamic"}]
        found = tuple(finding for check in checks for finding in check.run(case))
        cells = tuple(matrix(case, found))
    print(f"  {len(traffic):,} flows, {allowed:,} allowed, {len(found)} findings, {len(cells)} cells", flush=True)


def main(flows: int = 100_000, packets: int = 0) -> None:
    """Make the capture and run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "flows.pcap", packets or 6 * flows, flows)
        (folder / "zoneguard.yaml").write_text(PROJECT, encoding="utf-8")
        print(f"{packets or 6 * flows:,} packets in {flows:,} flows that cross", flush=True)
        for form in ("csv", "jsonl", "columns"):
            run(f"flows --format {form}", ["flows", folder / "flows.pcap", "--format", form])
        run("replay, content and all", ["replay", folder, "--format", "json"], (1, 3))
        judge(folder)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
