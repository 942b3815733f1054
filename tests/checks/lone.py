"""One device and the zones around it, for tests of what its export says by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Report

PROJECT = """\
zoneguard: 1
profile: [mikasa]
as-of: 2026-11-01
zones:
{zones}devices:
  {name}: {{config: {name}.conf, format: {form}}}
{more}"""


Zones = Mapping[str, tuple[str, str]]


def audited(root: Path, name: str, form: str, text: str, zones: Zones, more: str = "") -> Report:
    """What is said of the device ``name`` with this export.

    ``zones``: class and prefix by name; ``more`` follows in the project.
    """
    rows = (f"  {zone}: {{class: {kind}, prefixes: [{prefix}]}}\n" for zone, (kind, prefix) in zones.items())
    (root / f"{name}.conf").write_text(text, encoding="utf-8")
    project = PROJECT.format(zones="".join(rows), name=name, form=form, more=more)
    (root / "zoneguard.yaml").write_text(project, encoding="utf-8")
    return run(load_project(root))
