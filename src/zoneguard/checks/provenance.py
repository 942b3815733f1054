"""ZG215: what leaves the file sanitizer is what entered it, made new.

Each file that a capture shows on its way from a host of a ``file`` sanitizer to where files are imported is held
against the files that went to such a host before, from another zone. One that is the same byte for byte, although its
type can hold dangerous parts and so must be rebuilt, passed through unsanitized; so did such a file inside an archive.
One that shares its name, with a size that fits, or much of its content (the sketch of the file and of what it contains)
with one that entered is its new version. One that matches nothing came from somewhere else, or entered where no capture
was taken: undetermined.

Files that cannot be read are ZG203's matter. Where no capture shows files in clear on both ways, nothing is decided.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import flow_key, flow_text, zone_name
from zoneguard.checks._transfers import IMPORT, direction_of, part_text
from zoneguard.checks._unread import ends_of
from zoneguard.inspection.sketching import likeness
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow, Transfer
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Method
from zoneguard.model.text import N_, Text

REBUILT = re.compile(
    r"application/(pdf|rtf|msword|x-js-taro|x-ole-storage|x-mspublisher|xhtml\+xml|"
    r"vnd\.(ms-|openxmlformats|oasis\.opendocument|visio))|text/(html|rtf)|image/svg\+xml"
)
"""Types that can hold dangerous parts without being a program, so that a sanitizer writes them anew."""
ALIKE = 0.2
"""From which share of common content on two files are versions of one document."""
RESIZED = 50
"""How many times larger or smaller a file of the same name may be to be taken for its version."""
STEM = 3
"""Names of fewer characters tell nothing."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file with all that is inside it. ``zone``: where it came from, or went; ``marks``: the sketches of all."""

    transfer: Transfer
    parts: tuple[Transfer, ...]
    zone: str
    stem: str
    marks: frozenset[int]

    @property
    def all(self) -> tuple[Transfer, ...]:
        return self.transfer, *self.parts


def _run(case: Case) -> Iterator[Finding]:
    entered, left = _files(case)
    strangers: dict[tuple[str, ...], list[_File]] = {}
    for file in left if entered else ():
        before = [e for e in entered if e.zone != file.zone and _begins(e) <= _ends(file)]
        same = _unchanged(file, before)
        if same is not None:
            yield _passed(case, *same)
        elif not any(_is_version(file, e) for e in before):
            strangers.setdefault(flow_key(file.transfer.flow), []).append(file)
    for key, files in strangers.items():
        yield _stranger(case, files, key)


def _files(case: Case) -> tuple[list[_File], list[_File]]:
    """What went into the sanitizers from elsewhere, and what came out of them as an import."""
    inside = case.project.sanitized_by(Method.FILE)
    transfers = case.dynamic.transfers if case.dynamic else ()
    below: dict[str, list[Transfer]] = {}
    for transfer in transfers:
        below.setdefault(transfer.parent, []).append(transfer)
    forms = {t.key for t in transfers if t.kind == "message"}
    entered, left = [], []
    for t in transfers:
        if t.kind not in ("file", "attachment") or t.refused or not t.size or (t.parent and t.parent not in forms):
            continue
        source, target = _way(t)
        if source in inside and direction_of(case, t.flow, t.to_responder) == IMPORT:
            left.append(_of(t, below, zone_name(case, target)))
        elif target in inside and source not in inside:
            entered.append(_of(t, below, zone_name(case, source)))
    return entered, left


def _way(transfer: Transfer) -> tuple[int, int]:
    flow: Flow = transfer.flow
    return (flow.src, flow.dst) if transfer.to_responder else (flow.dst, flow.src)


def _of(transfer: Transfer, below: dict[str, list[Transfer]], zone: str) -> _File:
    parts: list[Transfer] = []
    todo = [transfer.key]
    while todo:
        found = below.get(todo.pop(), [])
        parts += found
        todo += [part.key for part in found]
    marks = frozenset(n for t in (transfer, *parts) for n in t.sketch)
    return _File(transfer, tuple(parts), zone, _stem(transfer.name), marks)


def _stem(name: str) -> str:
    """The name without folders, ending and case, in one width of characters."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFKC", name))[-1]
    return (base.rpartition(".")[0] or base).casefold()


def _begins(file: _File) -> float:
    return min((f.time for f in file.transfer.frames), default=file.transfer.flow.first.time)


def _ends(file: _File) -> float:
    return max((f.time for f in file.transfer.frames), default=file.transfer.flow.last.time)


def _unchanged(file: _File, before: list[_File]) -> tuple[_File, Transfer, Transfer] | None:
    """The part of ``file`` that must be rebuilt and was not, and as what it entered."""
    for part in file.all:
        if part.sha256 and REBUILT.match(part.media_type):
            for old in before:
                for other in old.all:
                    if other.sha256 == part.sha256:
                        return file, part, other
    return None


def _is_version(file: _File, old: _File) -> bool:
    """Whether ``file`` is what ``old`` became: a part in common, the name with a size that fits, or common content."""
    hashes = {t.sha256 for t in old.all if t.sha256}
    if any(t.sha256 in hashes for t in file.all):
        return True
    short, long = sorted((file.stem, old.stem), key=len)
    sizes = sorted((file.transfer.size, old.transfer.size))
    if len(short) >= STEM and short in long and sizes[1] <= RESIZED * sizes[0]:
        return True
    return not file.marks.isdisjoint(old.marks) and likeness(file.marks, old.marks) >= ALIKE


def _passed(case: Case, file: _File, part: Transfer, old: Transfer) -> Finding:
    return _finding(
        case,
        Verdict.VIOLATES,
        N_(
            "A file left the sanitizer as it had entered it, so it was not rebuilt: {file}; it entered by {came}.",
            file=part_text(part),
            came=flow_text(old.flow),
        ),
        [part, old],
        (*flow_key(file.transfer.flow), part.sha256),
        N_("Find out why the sanitizer let the file pass unchanged (exclusion, size limit, fail-open), and stop it."),
    )


def _stranger(case: Case, files: list[_File], key: tuple[str, ...]) -> Finding:
    names = ", ".join(part_text(f.transfer) for f in files[:3])
    return _finding(
        case,
        Verdict.UNDETERMINED,
        N_(
            "{count} files left the sanitizer to which nothing fits that was seen to enter it: {names}.",
            count=len(files),
            names=names,
        ),
        [f.transfer for f in files],
        ("stranger", *key),
        N_("Find out where the files came from; capture every way by which files enter the sanitizer."),
    )


def _finding(
    case: Case, verdict: Verdict, message: Text, transfers: list[Transfer], anchor: tuple[str, ...], fix: Text
) -> Finding:
    first = transfers[0]
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=verdict,
        message=message,
        anchor=anchor,
        zones=(zone_name(case, first.flow.src), zone_name(case, first.flow.dst)),
        evidence=ends_of(transfers),
        flow=first.flow,
        transfer=first,
        fix=fix,
    )


def _silent(case: Case, _aspect: str) -> Text | None:
    if not case.project.sanitized_by(Method.FILE):
        return N_("The project declares no file sanitizer.")
    if all(_files(case)):
        return None
    return N_("No capture shows in clear what entered the file sanitizer and what left it.")


PLUGIN = Check(
    id="ZG215",
    name="provenance",
    title="What leaves the file sanitizer is what entered it, made new",
    severity=Severity.CRITICAL,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="A sanitizer that hands files on unchanged looks on every plan like one that works.",
    fix="Let the sanitizer rebuild every file of a type that can hold dangerous parts, and refuse what it cannot.",
    wants="Captures on both legs of the file sanitizer, in clear.",
    example=(
        "- in: a.docx sha256 9f86…\n- out: a.docx sha256 9f86…\n+ in: a.docx sha256 9f86…\n+ out: a.docx sha256 60303…"
    ),
    silent=_silent,
)
