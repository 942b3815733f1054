"""The first ``zoneguard.yaml`` of a municipality, from what was found and what was answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from zoneguard.audit.discovering import Found, FoundDevice, Network
from zoneguard.model.addresses import format_prefix
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

WORLD = ("0.0.0.0/0", "::/0")
UNDECIDED = ZoneClass.OTHER
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")


@dataclass(frozen=True, slots=True)
class DraftZone:
    """A zone to write. ``note``: where its networks were seen; ``sure``: a person said so, not a name in an export."""

    name: str
    zone_class: ZoneClass
    prefixes: tuple[str, ...]
    note: str = ""
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that is written. Paths of ``found`` lie in ``folder``."""

    name: str
    model: str
    profiles: tuple[str, ...]
    zones: tuple[DraftZone, ...]
    found: Found
    folder: Path


def unnamed_zone(network: Network) -> DraftZone:
    """The zone of a network of which nobody said what it is: by the names in the exports, else undecided."""
    prefix = format_prefix(network.network, network.length)
    name = network.hint.value if network.hint else "net-" + prefix.replace("/", "-").replace(".", "-").replace(":", "-")
    return DraftZone(name, network.hint or UNDECIDED, (prefix,), ", ".join(network.seen), sure=False)


def merged(zones: Iterable[DraftZone]) -> tuple[DraftZone, ...]:
    """Zones of one name and class as one, with all their prefixes. What was guessed does not join what was said, and
    classes stay apart: the later zone has a number behind its name."""
    out: dict[tuple[str, ZoneClass, bool], DraftZone] = {}
    names: set[str] = set()
    for zone in zones:
        key = zone.name, zone.zone_class, zone.sure
        old = out.get(key)
        if old is None:
            name = zone.name
            while name in names:
                name = f"{zone.name}-{len(names)}"
            names.add(name)
            out[key] = replace(zone, name=name)
        else:
            notes = "; ".join(filter(None, (old.note, zone.note)))
            out[key] = replace(old, prefixes=tuple(dict.fromkeys((*old.prefixes, *zone.prefixes))), note=notes)
    return tuple(out.values())


def project_text(draft: Draft, say: Mapping[str, str]) -> str:
    """``zoneguard.yaml``. ``say``: the comments, rendered (``COMMENTS``)."""
    lines = [f"# {say['head']}", "zoneguard: 1", f"name: {_quoted(draft.name)}", f"model: {draft.model}"]
    lines += [f"profile: [{', '.join(map(_quoted, draft.profiles))}]", "", "zones:"]
    for zone in draft.zones:
        doubt = "" if zone.sure else say["undecided"] if zone.zone_class is UNDECIDED else say["guessed"]
        note = " ".join(filter(None, (_plain(zone.note), doubt)))
        prefixes = ", ".join(map(_quoted, zone.prefixes))
        guessed = "" if zone.sure else ", guessed: true"
        entry = f"  {_quoted(zone.name)}: {{class: {zone.zone_class.value}, prefixes: [{prefixes}]{guessed}}}"
        lines.append(entry + (f"  # {note}" if note else ""))
    if draft.found.devices:
        lines += ["", "devices:", *(_device(draft.folder, found) for found in draft.found.devices)]
    lines += ["", f"# {say['rest']}", "allow: []", "exceptions: []"]
    if draft.found.lists:
        lines += ["", f"# {say['lists']}", "# intended:"]
        lines += [f"#   - {{list: {_inside(draft.folder, path)}}}" for path in draft.found.lists]
    if draft.found.captures:
        lines += ["", f"# {say['points']}", "captures:"]
        lines += [f"  - {{path: {_inside(draft.folder, path)}}}" for path in draft.found.captures]
    return "\n".join(lines) + "\n"


COMMENTS: Mapping[str, Text] = {
    "head": N_("Written by zoneguard init from the exports in this folder: check every line of `zones`."),
    "guessed": N_("(class guessed by a name in the export: check, and take `guessed` away)"),
    "undecided": N_("(class not known yet: write what it is, and take `guessed` away)"),
    "rest": N_(
        "Who may open sessions across zones, and who by exception. Nothing is allowed that is not written here."
    ),
    "lists": N_("Rule lists: take the # away of those that say what is meant to pass between zones."),
    "points": N_("Say of each capture where it was taken, with `point`."),
}


def _device(folder: Path, found: FoundDevice) -> str:
    parts = [f"config: {_inside(folder, found.config)}", f"format: {found.format}"]
    if found.routes is not None:
        parts += [f"routes: {_inside(folder, found.routes)}", f"routes-format: {found.routes_format}"]
    return f"  {_quoted(found.name)}: {{{', '.join(parts)}}}"


def _inside(folder: Path, path: Path) -> str:
    return _quoted(path.relative_to(folder).as_posix())


def _quoted(text: str) -> str:
    """As YAML reads it back, whatever is in it: bare where that is plain."""
    if _PLAIN.fullmatch(text) and text.lower() != "null":
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return quoted.strip()


def _plain(text: str) -> str:
    """On one line, without control characters, short enough to read."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= 100 else shown[:97] + "…"
