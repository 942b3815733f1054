"""init: a first project from a folder of exports and a few answers."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from zoneguard.audit.discovering import Found, Network, discover
from zoneguard.audit.drafting import COMMENTS, UNDECIDED, WORLD, Draft, DraftZone, merged, project_text, unnamed_zone
from zoneguard.console import Session, UsageProblem, write_file
from zoneguard.loading.profile import shipped_profiles
from zoneguard.loading.project import FILE_NAME, load_project
from zoneguard.loading.values import FieldError, near, prefix
from zoneguard.model.addresses import format_prefix, prefix_span
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.network_models import ModelName
from zoneguard.model.progress import Step
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass
from zoneguard.reports._page import clean

CLASSES = [zone_class.value for zone_class in ZoneClass]
SHOWN_FILES = 10
_ZONE = re.compile(r"([^=:,]+)=([a-z-]+):(.+)")
_NAMED = re.compile(r"(?:([^=:,]+)=)?([a-z-]+)")


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line already answers. ``zones`` are ``NAME=CLASS:PREFIX[,PREFIX…]``."""

    name: str | None
    model: str | None
    profiles: tuple[str, ...]
    zones: tuple[str, ...]
    ask: bool


def init(session: Session, folder: Path, given: Given) -> int:
    """Write ``zoneguard.yaml`` into ``folder``: one that loads, with every network of the exports in a zone."""
    path = session.output or folder / FILE_NAME
    if path.parent.resolve() != folder.resolve():
        raise UsageProblem(N_("--output names a file in {folder}, for paths are relative to it", folder=str(folder)))
    if path.exists():
        raise UsageProblem(N_("{path} exists already; edit it, or write another with --output", path=str(path)))
    asks = given.ask and sys.stdin.isatty()
    zones = [_zone(text) for text in given.zones]
    profiles = given.profiles or _ask_profiles(session, asks)
    model = given.model or (_ask_model(session) if asks else ModelName.ALPHA.value)
    with session.progress() as progress:
        progress(Step(N_("configurations")))
        found = discover(folder)
    _say_found(session, found)
    for network in found.networks:
        if not _covered(network, zones):
            zones.append(_ask_zone(session, network) if asks else unnamed_zone(network))
    zones.append(DraftZone("world", ZoneClass.PUBLIC, WORLD))
    draft = Draft(given.name or folder.resolve().name, model, profiles, merged(zones), found, folder)
    comments = {key: session.say(text) for key, text in COMMENTS.items()}
    write_file(path, project_text(draft, comments).encode("utf-8", "backslashreplace"))
    try:
        load_project(path)
    except (InputError, InputErrors):
        path.unlink()
        raise
    undecided = sum(not zone.sure and zone.zone_class is UNDECIDED for zone in draft.zones)
    session.note(N_("written: {path}", path=str(path)))
    if undecided:
        session.note(
            N_("{count} zones have no class yet: clauses about the three networks do not see them", count=undecided)
        )
    session.note(_next(found, path))
    return 0


def _next(found: Found, path: Path) -> Text:
    """The command that has something to look at."""
    if found.devices:
        return N_("next: zoneguard verify {path}", path=str(path))
    if found.captures:
        return N_("next: zoneguard replay {path}", path=str(path))
    return N_(
        "next: put the exports into the folder, name each under `devices` in {path}, then: zoneguard verify {path}",
        path=str(path),
    )


def _say_found(session: Session, found: Found) -> None:
    for device in found.devices:
        routes = f" + {device.routes}" if device.routes else ""
        session.note(
            N_(
                "device {name}: {file} ({format})",
                name=device.name,
                file=f"{device.config}{routes}",
                format=device.format,
            )
        )
    if found.captures:
        session.note(N_("captures: {count}", count=len(found.captures)))
    if found.lists:
        session.note(N_("rule lists: {count}; they declare nothing until you say so", count=len(found.lists)))
    for path, reason in found.unread[:SHOWN_FILES]:
        session.note(N_("left aside: {file}: {reason}", file=clean(str(path)), reason=reason))
    if len(found.unread) > SHOWN_FILES:
        session.note(N_("left aside: {count} more files", count=len(found.unread) - SHOWN_FILES))
    if not found.devices:
        session.note(N_("no configuration was found"))


def _ask_profiles(session: Session, asks: bool) -> tuple[str, ...]:
    """The policies. Raises ``UsageProblem`` where nobody can be asked: no policy is taken for granted."""
    known = list(shipped_profiles())
    if not asks:
        raise UsageProblem(N_("name the policy with --profile: {names}", names=", ".join(known)))
    answer = click.prompt(session.say(N_("Which policy? (several with commas)")), type=str, default=known[0], err=True)
    names = tuple(name.strip() for name in answer.split(",") if name.strip())
    return names or _ask_profiles(session, asks)


def _ask_model(session: Session) -> str:
    models = click.Choice([model.value for model in ModelName])
    answer: str = click.prompt(session.say(N_("Which model?")), type=models, default=ModelName.ALPHA.value, err=True)
    return answer


def _ask_zone(session: Session, network: Network) -> DraftZone:
    """The answer is a class, or ``NAME=CLASS``; nothing: what the names in the exports say, else undecided."""
    unnamed = unnamed_zone(network)
    shown = format_prefix(network.network, network.length)
    question = N_("{network} ({seen}): zone class, or NAME=CLASS", network=shown, seen=unnamed.note)
    while True:
        answer = click.prompt(session.say(question), default=unnamed.zone_class.value, err=True)
        match = _NAMED.fullmatch(answer.strip())
        if match and match[2] in CLASSES:
            sure = match[2] != UNDECIDED.value
            name = (match[1] or "").strip() or (match[2] if sure else unnamed.name)
            return DraftZone(name, ZoneClass(match[2]), unnamed.prefixes, unnamed.note, sure=sure)
        session.note(N_("one of: {names}", names=", ".join(CLASSES)))


def _zone(text: str) -> DraftZone:
    match = _ZONE.fullmatch(text.strip())
    if not match:
        raise UsageProblem(
            N_("--zone is written NAME=CLASS:PREFIX, as lgwan=lgwan:10.20.0.0/16, not {text}", text=text)
        )
    name, zone_class, written = match[1].strip(), match[2], match[3]
    if zone_class not in CLASSES:
        raise UsageProblem(
            N_("no zone class is called {name}; {hint}", name=zone_class, hint=near(zone_class, CLASSES))
        )
    try:
        prefixes = tuple(format_prefix(*prefix(part)) for part in written.split(","))
    except FieldError as error:
        raise UsageProblem(N_("--zone {name}: {problem}", name=name, problem=error.text)) from None
    return DraftZone(name, ZoneClass(zone_class), prefixes)


def _covered(network: Network, zones: Sequence[DraftZone]) -> bool:
    """Whether a zone that was named holds the whole network."""
    own = prefix_span(network.network, network.length)
    return any(
        not (own - prefix_span(*prefix(text)))
        for zone in zones
        if zone.sure
        for text in zone.prefixes
        if text not in WORLD
    )
