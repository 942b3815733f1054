"""Where other programs look for a finding: a text file as seen from the working directory, and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from zoneguard.model.findings import Finding, Report
from zoneguard.model.spans import CaptureSpan, SourceSpan


@dataclass(frozen=True, slots=True)
class Place:
    """Lines ``first`` to ``last`` of ``path``, which has forward slashes."""

    path: str
    first: int
    last: int


def place(report: Report, span: SourceSpan) -> Place:
    """A line of an input: relative to the working directory where it lies below that."""
    path = _path(span.file, report.project.file, report.project.root, Path.cwd())
    return Place(path, span.first, max(span.first, span.last))


@lru_cache(maxsize=1024)
def _path(name: str, project: str, root: Path, cwd: Path) -> str:
    file = Path(name)
    if not file.is_absolute() and file != Path(project) and (root / file).exists():
        file = root / file
    here = file.absolute()
    return (here.relative_to(cwd) if here.is_relative_to(cwd) else file).as_posix()


def main_place(report: Report, finding: Finding) -> Place:
    """The first line of a configuration or of the project that the finding cites. What captures alone show is anchored
    at the declaration of the first zone that it speaks of: that line says what must not be."""
    spans = [span for span in finding.evidence if isinstance(span, SourceSpan)]
    if spans:
        return place(report, spans[0])
    zones = {zone.name: zone for zone in report.project.zones}
    declared = next((zones[name].span for name in finding.zones if name in zones), None)
    return place(report, declared or SourceSpan(report.project.file, 1, 1))


def other_places(report: Report, finding: Finding) -> Iterator[Place]:
    """The further lines that the finding cites."""
    main = main_place(report, finding)
    found = dict.fromkeys(place(report, span) for span in finding.evidence if isinstance(span, SourceSpan))
    yield from (other for other in found if other != main)


def frames(finding: Finding) -> list[CaptureSpan]:
    """The frames that the finding cites."""
    return [span for span in finding.evidence if isinstance(span, CaptureSpan)]
