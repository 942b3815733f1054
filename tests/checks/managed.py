"""One device with an LGWAN zone and a management zone beside it, for tests of how devices are managed."""

from __future__ import annotations

from pathlib import Path

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Report
from zoneguard.model.policy import Verdict

PROJECT = """\
zoneguard: 1
profile: [mikasa]
as-of: 2026-11-01
zones:
  lgwan: {{class: lgwan, prefixes: [10.20.0.0/24]}}
  mgmt: {{class: management, prefixes: [10.90.0.0/24]}}
  world: {{class: public, prefixes: [0.0.0.0/0]}}
devices:
  {name}: {{config: {name}.conf, format: {form}}}
{more}"""


def audited(root: Path, text: str, form: str = "cisco-ios", more: str = "", name: str = "r1") -> Report:
    """What is said of the device ``name`` with this export; ``more`` follows in the project."""
    (root / f"{name}.conf").write_text(text, encoding="utf-8")
    (root / "zoneguard.yaml").write_text(PROJECT.format(name=name, form=form, more=more), encoding="utf-8")
    return run(load_project(root, None))


def verdicts(report: Report) -> dict[str, Verdict]:
    """By the numbers of the clauses."""
    return {c.clause.removeprefix("mikasa:"): c.verdict for c in report.clauses}
