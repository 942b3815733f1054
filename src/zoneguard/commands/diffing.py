"""diff: what a change newly permits and newly denies between zones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from zoneguard.audit import REACHABILITY
from zoneguard.audit.inputs import joined, load_devices
from zoneguard.audit.texts import Texts
from zoneguard.checks import Case, StaticResult
from zoneguard.commands.projects import load
from zoneguard.console import Session, UsageProblem
from zoneguard.gate.changes import Side, changes, exit_status, undetermined
from zoneguard.loading.project import find_project
from zoneguard.loading.revisions import at_revision
from zoneguard.model.device import Device, LineAccount
from zoneguard.model.errors import InputError
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.engine import RESULTS_OF_A_NETWORK
from zoneguard.model.packets.space import default_engine
from zoneguard.model.progress import Progress, Step, silent
from zoneguard.model.project import Project
from zoneguard.model.text import N_
from zoneguard.reports._values import dump
from zoneguard.reports.views.diffing import Comparison, comparison_json, write_comparison
from zoneguard.static.conditions_compared import named_alike
from zoneguard.static.reachability import Network


def diff(
    session: Session, old: str, new: str, project: Path | None, form: str, fail_on_new: bool, allow_undetermined: bool
) -> int:
    """Compare two states of one network, and answer whether CI may go on."""
    here = project or next((Path(side) for side in (new, old) if side.strip() and Path(side).exists()), None)
    with session.progress() as progress, _state(old, here) as before, _state(new, here) as after:
        comparison = compare(before, after, progress)
    if form == "json":
        session.write(dump(comparison_json(comparison, session.translate)))
    else:
        page = session.page()
        write_comparison(page, comparison)
        session.write(page.encode())
    unread = (*comparison.unread_old, *comparison.unread_new)
    return exit_status(comparison.changes, unread, fail_on_new, allow_undetermined)


@contextmanager
def _state(side: str, here: Path | None) -> Iterator[Project]:
    """The project at the path ``side``; where there is none, the project ``here`` as that git revision has it."""
    if not side.strip():
        raise UsageProblem(N_("OLD and NEW name a project or a git revision each; one of them is empty"))
    if Path(side).exists():
        yield load(Path(side))
        return
    path = here or find_project()
    with at_revision(side, path) as (found, root):
        project = load(found)
        for device in project.devices:
            for file in filter(None, (device.config, device.routes)):
                if not file.resolve().is_relative_to(root):
                    said = N_("{file} is no file of the revision: write paths relative to the project", file=str(file))
                    raise InputError(said, f"{side}:{path.as_posix()}", device.span.first)
        yield replace(project, file=f"{side}:{path.as_posix()}")


def compare(old: Project, new: Project, progress: Progress = silent) -> Comparison:
    """Both projects read, and what differs. Raises ``InputError``, ``UsageProblem``."""
    for project in (old, new):
        if not project.devices:
            raise UsageProblem(N_("{file}: the project declares no device to compare", file=project.file))
    (before, old_accounts, _), (after, new_accounts, _) = load_devices(old, progress), load_devices(new, progress)
    if before == after and _same_ground(old, new):
        return Comparison(old, new)
    progress(Step(REACHABILITY))
    texts = Texts(old), Texts(new)
    before, after = named_alike(before, after, texts[0].says, texts[1].says)
    space = PacketSpace(default_engine(RESULTS_OF_A_NETWORK))
    sides = (
        Side(_case(old, space, before, old_accounts), lambda span: texts[1].lacks(texts[0], span)),
        Side(_case(new, space, after, new_accounts), lambda span: texts[0].lacks(texts[1], span)),
    )
    return Comparison(old, new, tuple(changes(*sides)), undetermined(sides[0]), undetermined(sides[1]))


def _same_ground(old: Project, new: Project) -> bool:
    """Whether zones and links, on which the same devices would permit the same, are the same."""
    zones = [[(z.name, z.zone_class, z.prefixes) for z in project.zones] for project in (old, new)]
    links = [[(link.a, link.b) for link in project.links] for project in (old, new)]
    return zones[0] == zones[1] and links[0] == links[1]


def _case(project: Project, space: PacketSpace, devices: tuple[Device, ...], accounts: tuple[LineAccount, ...]) -> Case:
    network = Network(devices, project.zones, joined(project, devices), space)
    return Case(project, space, StaticResult(devices, accounts, network, ()))
