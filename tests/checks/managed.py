"""One device with an LGWAN zone and a management zone beside it, for tests of how devices are managed."""

from __future__ import annotations

from pathlib import Path

from tests.checks import lone
from zoneguard.model.findings import Report
from zoneguard.model.policy import Verdict

ZONES = {
    "lgwan": ("lgwan", "10.20.0.0/24"),
    "mgmt": ("management", "10.90.0.0/24"),
    "world": ("public", "0.0.0.0/0"),
}


def audited(root: Path, text: str, form: str = "cisco-ios", more: str = "", name: str = "r1") -> Report:
    """What is said of the device ``name`` with this export; ``more`` follows in the project."""
    return lone.audited(root, name, form, text, ZONES, more)


def verdicts(report: Report) -> dict[str, Verdict]:
    """By the numbers of the clauses."""
    return {c.clause.removeprefix("mikasa:"): c.verdict for c in report.clauses}
