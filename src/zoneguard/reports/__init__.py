"""One output format a file: a Report → bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zoneguard.model.findings import Report


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A report plugin. ``write`` gets the report, the language (``en`` or ``ja``) and whether the output is a terminal;
    it returns the whole output. ``binary``: nothing to show on a terminal."""

    name: str
    title: str
    write: Callable[[Report, str, bool], bytes]
    binary: bool = False
