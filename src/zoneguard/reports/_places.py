"""Where other programs look for a finding: a text file as seen from the working directory, and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
    file = Path(span.file)
    if not file.is_absolute() and file != Path(report.project.file) and (report.project.root / file).exists():
        file = report.project.root / file
    here = file.absolute()
    inside = here.is_relative_to(Path.cwd())
    return Place((here.relative_to(Path.cwd()) if inside else file).as_posix(), span.first, max(span.first, span.last))


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
