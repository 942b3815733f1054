"""``zoneguard.yaml`` → ``Project``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from zoneguard.loading.attestations import read_attestations
from zoneguard.loading.document import Document, compose
from zoneguard.loading.document import Path as Place
from zoneguard.loading.ledger import read_ledger
from zoneguard.loading.mapping import read_mapping
from zoneguard.loading.profile import load_profile
from zoneguard.loading.reading import read_text
from zoneguard.loading.resolve import Names
from zoneguard.loading.schema import Point, Port, ProjectFile
from zoneguard.loading.validation import validate
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.intervals import Intervals
from zoneguard.model.policy import Profile
from zoneguard.model.project import (
    Allowance,
    Attestation,
    CaptureEntry,
    CloudService,
    Connection,
    DeviceEntry,
    ExceptionEntry,
    IntendedList,
    LedgerEntry,
    Link,
    ListMapping,
    Project,
)
from zoneguard.model.text import N_

FILE_NAME = "zoneguard.yaml"
T = TypeVar("T")
Read = tuple[T, list[InputError]]
"""What a file holds, and what is wrong with it."""


def find_project(start: Path | None = None) -> Path:
    """The nearest ``zoneguard.yaml`` in ``start`` (default: the working directory) or above. Raises ``InputError``."""
    begin = (start or Path()).absolute()
    for directory in (begin, *begin.parents):
        if (directory / FILE_NAME).is_file():
            return Path(FILE_NAME) if directory == Path.cwd() else directory / FILE_NAME
    raise InputError(N_("no {name} here or above; name a project, or write one", name=FILE_NAME), str(start or ""))


def load_project(path: Path, as_of: date | None = None) -> Project:
    """The project at ``path``, a directory or a ``zoneguard.yaml``. ``as_of`` goes before the file's own ``as-of``.

    Raises ``InputError`` where there is no such file, ``InputErrors`` with everything that is wrong in it.
    """
    file = path / FILE_NAME if path.is_dir() else path
    document = compose(read_text(file), str(file))
    model, errors, left_out = validate(ProjectFile, document)
    errors = [*document.errors, *errors]
    if model is None:
        raise _sorted(errors)
    names = Names(model, document, file.parent, left_out)
    profiles = _profiles(model, names)
    readable = len(profiles) == len(model.profile) and not any(path[0] == "profile" for path in left_out)
    clauses = tuple(c.id for profile in profiles for c in profile.clauses) if readable else None
    project = Project(
        name=model.name or file.absolute().parent.name,
        file=str(file),
        root=file.parent,
        profiles=profiles,
        zones=names.zones,
        devices=_devices(model, names, document),
        hosts=names.hosts,
        sanitizers=tuple(names.sanitizer(name) for name in model.sanitizers),
        allow=_allow(model, names, document, clauses),
        exceptions=_exceptions(model, names, document, clauses),
        captures=_captures(model, names, document),
        as_of=as_of or model.as_of or date.today(),
        links=_links(model, names, document),
        model=model.model,
        attestations=_attestations(model, names, profiles if readable else ()),
        attestation_file=file.parent / model.attestations if model.attestations else None,
        cloud=_cloud(model, document),
        connections=_connections(model, names, document),
        intended=_intended(model, names, document),
        ledger=_ledger(model, names),
        ledger_file=file.parent / model.ledger if model.ledger else None,
    )
    names.unique_ids([(("allow", i), a.id) for i, a in enumerate(model.allow)])
    names.unique_ids([(("exceptions", i), e.id) for i, e in enumerate(model.exceptions)])
    names.unique_ids([(("cloud", i), c.id) for i, c in enumerate(model.cloud)])
    names.unique_ids([(("connections", i), c.id) for i, c in enumerate(model.connections or ())])
    errors += names.errors
    if errors:
        raise _sorted(errors)
    return project


def _sorted(errors: list[InputError]) -> InputErrors:
    return InputErrors(tuple(sorted(errors, key=lambda e: (e.file, e.line, e.column))))


def _profiles(model: ProjectFile, names: Names) -> tuple[Profile, ...]:
    found: dict[str, Profile] = {}
    for i, name in enumerate(model.profile):
        place: Place = ("profile", i)
        try:
            profile = load_profile(name, names.root)
        except InputErrors as errors:
            names.errors += errors.errors
        except InputError as error:
            message = (
                error.message if not error.file else N_("{file}: {problem}", file=error.file, problem=error.message)
            )
            names.fail(place, message)
        else:
            if profile.name in found:
                names.fail(place, N_("the profile {name} is named twice", name=profile.name))
            found.setdefault(profile.name, profile)
    return tuple(found.values())


def _attestations(model: ProjectFile, names: Names, profiles: tuple[Profile, ...]) -> tuple[Attestation, ...]:
    if model.attestations is None:
        return ()
    clauses = [clause for profile in profiles for clause in profile.clauses]

    def read(path: Path) -> Read[tuple[Attestation, ...]]:
        return read_attestations(path, clauses) if profiles else ((), [])

    return _beside(names, model.attestations, ("attestations",), read, ())


def _beside(names: Names, file: str, place: Place, read: Callable[[Path], Read[T]], default: T) -> T:
    """What ``read`` makes of a file that the project names at ``place``; its errors join those of the project. Where
    it cannot be read, ``default``: that it is missing is said with the names."""
    path = names.file(file, place)
    if not path.is_file():
        return default
    try:
        found, errors = read(path)
    except InputError as error:
        found, errors = default, [error]
    names.errors += errors
    return found


def _cloud(model: ProjectFile, document: Document) -> tuple[CloudService, ...]:
    return tuple(
        CloudService(
            id=entry.id,
            names=entry.names,
            addresses=Intervals.from_spans(span for part in entry.addresses for span in part.spans),
            span=document.span(("cloud", i)),
            purpose=entry.purpose or "",
        )
        for i, entry in enumerate(model.cloud)
    )


def _connections(model: ProjectFile, names: Names, document: Document) -> tuple[Connection, ...] | None:
    if model.connections is None:
        return None
    out = []
    for i, entry in enumerate(model.connections):
        place: Place = ("connections", i)
        names.zone(entry.zone, (*place, "zone"))
        if entry.permitted and entry.until and entry.until < entry.permitted:
            names.fail((*place, "until"), N_("it would end before the day on which it was permitted"))
        out.append(
            Connection(
                id=entry.id,
                zone=entry.zone,
                span=document.span(place),
                permitted_by=entry.permitted_by,
                permitted=entry.permitted,
                until=entry.until,
            )
        )
    return tuple(out)


def _intended(model: ProjectFile, names: Names, document: Document) -> tuple[IntendedList, ...]:
    found = []
    for i, entry in enumerate(model.intended):
        place: Place = ("intended", i)
        default = ListMapping()
        mapping = (
            _beside(names, entry.mapping, (*place, "mapping"), read_mapping, default) if entry.mapping else default
        )
        found.append(IntendedList(names.file(entry.list, (*place, "list")), document.span(place), mapping))
    return tuple(found)


def _ledger(model: ProjectFile, names: Names) -> tuple[LedgerEntry, ...] | None:
    return _beside(names, model.ledger, ("ledger",), read_ledger, None) if model.ledger is not None else None


def _devices(model: ProjectFile, names: Names, document: Document) -> tuple[DeviceEntry, ...]:
    return tuple(
        DeviceEntry(
            name=name,
            config=names.file(entry.config, ("devices", name, "config")),
            span=document.span(("devices", name)),
            format=entry.format or "",
            routes=names.file(entry.routes, ("devices", name, "routes")) if entry.routes else None,
            routes_format=entry.routes_format or "",
            role=entry.role or "",
            pair=_twin(name, entry.pair, names),
        )
        for name, entry in model.devices.items()
    )


def _twin(name: str, pair: str | None, names: Names) -> str:
    place = ("devices", name, "pair")
    if pair is None or not names.device(pair, place):
        return ""
    if pair == name:
        names.fail(place, N_("a device is no twin of itself"))
    return pair


def _links(model: ProjectFile, names: Names, document: Document) -> tuple[Link, ...]:
    def end(port: Port, place: Place) -> tuple[str, str]:
        names.device(port.device, (*place, "device"))
        return port.device, port.interface

    return tuple(
        Link(
            end(entry.a, ("links", i, "a")),
            end(entry.b, ("links", i, "b")),
            document.span(("links", i)),
        )
        for i, entry in enumerate(model.links)
    )


def _allow(
    model: ProjectFile, names: Names, document: Document, clauses: tuple[str, ...] | None
) -> tuple[Allowance, ...]:
    out = []
    for i, entry in enumerate(model.allow):
        place: Place = ("allow", i)
        sides = names.sides(entry, place)
        for j, zone in enumerate(entry.via):
            names.zone(zone, (*place, "via", j))
        names.clauses(entry.clauses, (*place, "clauses"), clauses)
        if sides:
            out.append(
                Allowance(
                    id=entry.id,
                    source=sides[0],
                    destination=sides[1],
                    services=entry.services,
                    span=document.span(place),
                    purpose=entry.purpose or "",
                    clauses=entry.clauses,
                    via=entry.via,
                )
            )
    return tuple(out)


def _exceptions(
    model: ProjectFile, names: Names, document: Document, clauses: tuple[str, ...] | None
) -> tuple[ExceptionEntry, ...]:
    out = []
    for i, entry in enumerate(model.exceptions):
        place: Place = ("exceptions", i)
        sides = names.sides(entry, place)
        names.clauses(entry.clauses, (*place, "clauses"), clauses)
        if sides:
            out.append(
                ExceptionEntry(
                    id=entry.id,
                    source=sides[0],
                    destination=sides[1],
                    services=entry.services,
                    span=document.span(place),
                    macs=entry.macs,
                    purpose=entry.purpose or "",
                    applicant=entry.applicant or "",
                    approver=entry.approver or "",
                    approved=entry.approved,
                    expires=entry.expires,
                    peer_internet=entry.peer_internet,
                    clauses=entry.clauses,
                    emergency=entry.emergency,
                    reported=entry.reported,
                    minor=entry.minor,
                )
            )
    return tuple(out)


def _captures(model: ProjectFile, names: Names, document: Document) -> tuple[CaptureEntry, ...]:
    out = []
    for i, entry in enumerate(model.captures):
        place: Place = ("captures", i)
        point = entry.point or Point()
        at: Place = (*place, "point")
        if point.zone:
            names.zone(point.zone, (*at, "zone"))
        if point.device:
            names.device(point.device, (*at, "device"))
        if bool(point.device) != bool(point.interface) or (point.zone and point.device):
            names.fail(at, N_("a point is a zone, or a device and its interface"))
        out.append(
            CaptureEntry(
                path=names.file(entry.path, (*place, "path")),
                span=document.span(place),
                zone=point.zone or "",
                device=point.device or "",
                interface=point.interface or "",
            )
        )
    return tuple(out)
