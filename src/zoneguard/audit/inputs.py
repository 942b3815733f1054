"""The configurations of a project, read, parsed and put together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from zoneguard.model.device import Concern, Device, Interface, LineAccount, Misunderstood, RuleList
from zoneguard.model.errors import InputError
from zoneguard.model.findings import InputFile
from zoneguard.model.progress import Progress, Step, silent
from zoneguard.model.project import DeviceEntry, Link, Project
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.parsers import Kind, Parsed
from zoneguard.parsers.assembly import with_open_ends, with_routes
from zoneguard.parsers.reading import detect, parser_named, read_source
from zoneguard.parsers.rule_list import parse_mapped
from zoneguard.parsers.splitting import NOBODYS, parse_source, parts_of


def load_devices(
    project: Project, progress: Progress = silent
) -> tuple[tuple[Device, ...], tuple[LineAccount, ...], tuple[InputFile, ...]]:
    """Every device of the project, the account of every line, and the files by content. Raises ``InputError``."""
    devices: list[Device] = []
    accounts: list[LineAccount] = []
    inputs: list[InputFile] = []
    for done, entry in enumerate(project.devices):
        progress(Step(N_("configurations"), done, len(project.devices)))
        parsed = parse_file(project, entry.config, entry.format, entry, Kind.CONFIG)
        accounts.append(parsed.account)
        inputs.append(input_file(project, entry.config, parsed.account.format))
        found = list(parsed.devices)
        if entry.routes is not None:
            table = parse_file(project, entry.routes, entry.routes_format, entry, Kind.ROUTES)
            accounts.append(table.account)
            inputs.append(input_file(project, entry.routes, table.account.format))
            found = _with_tables(found, _own_table(project, entry, found, table.devices))
        if not found:
            raise _no_device(project, entry)
        devices += found
    return with_open_ends(devices), tuple(accounts), tuple(inputs)


def joined(project: Project, devices: Sequence[Device]) -> tuple[Link, ...]:
    """The links that the project declares, and the wires of which both ends are among the devices."""
    ends: dict[str, list[tuple[str, Interface]]] = {}
    for device in devices:
        for interface in device.interfaces:
            if interface.wire:
                ends.setdefault(interface.wire, []).append((device.name, interface))
    pairs = (both for both in ends.values() if len(both) == 2)
    found = (Link((a, one.name), (b, other.name), one.span) for [(a, one), (b, other)] in pairs if a != b)
    return (*project.links, *found)


def _no_device(project: Project, entry: DeviceEntry) -> InputError:
    """The error that no device is in the file, with the format that its content speaks for where another is named."""
    try:
        other = detect(read_source(entry.config, shown(project, entry.config)), kind=Kind.CONFIG).name
    except InputError:
        other = entry.format
    if entry.format and other != entry.format:
        message = N_("{device}: the file holds no device of format {format}; its content speaks for {other}",
                     device=entry.name, format=entry.format, other=other)  # fmt: skip
    else:
        message = N_("{device}: the file holds no device; check config and format", device=entry.name)
    return InputError(message, str(entry.config))


def _own_table(
    project: Project, entry: DeviceEntry, devices: list[Device], tables: tuple[Device, ...]
) -> tuple[Device, ...]:
    """Of the tables of several hosts the one of the only device: that of its name in the project or of its own."""
    if len(devices) != 1 or len(tables) < 2:
        return tables
    (part, *_) = parts_of(read_source(entry.config, shown(project, entry.config)))
    names = part.names | {entry.name.lower()}
    own = tuple(table for table in tables if table.name.rpartition("/")[2].lower() in names)
    return own if len(own) == 1 else tables


def _with_tables(devices: list[Device], tables: tuple[Device, ...]) -> list[Device]:
    """Each device with its routing table: that of the same name, where the files hold several."""
    if len(devices) == len(tables) == 1:
        return [with_routes(devices[0], tables[0])]
    own = {table.name.lower(): table for table in tables}
    return [
        with_routes(d, own[d.name.lower()]) if d.name.lower() in own else replace(d, uncertain=(*d.uncertain, *doubts))
        for doubts in [tuple(Misunderstood(t.span, "", NOBODYS, Concern.ROUTING) for t in tables)]
        for d in devices
    ]


def load_intended(project: Project) -> tuple[tuple[RuleList, ...], tuple[LineAccount, ...], tuple[InputFile, ...]]:
    """The rule lists that say what is meant to pass, with their accounts. Raises ``InputError``."""
    lists: list[RuleList] = []
    accounts: list[LineAccount] = []
    for entry in project.intended:
        with _named(project, entry.path, entry.span):
            source = read_source(entry.path, shown(project, entry.path))
            parsed = parse_mapped(source, entry.path.stem, entry.mapping.columns, entry.mapping.names, project.as_of)
        lists += (rules for device in parsed.devices for vrf in device.vrfs for rules in vrf.lists.values())
        accounts.append(parsed.account)
    files = tuple(input_file(project, entry.path, "rule-list") for entry in project.intended)
    return tuple(lists), tuple(accounts), files


def parse_file(project: Project, path: Path, format_name: str, entry: DeviceEntry, kind: Kind) -> Parsed:
    """One file by the parser that is named, else by the one that its content speaks for.

    Evidence names the file as seen from the project; an error names it as the user can open it from where they are.
    """
    try:
        parser = parser_named(format_name) if format_name else None
    except InputError as error:
        raise InputError(error.message, project.file, entry.span.first) from error
    with _named(project, path, entry.span):
        source = read_source(path, shown(project, path))
        return parse_source(source, entry.name, parser, kind)


@contextmanager
def _named(project: Project, path: Path, span: SourceSpan) -> Iterator[None]:
    """Errors say where the user finds the file, and the line of the project that names it."""
    try:
        yield
    except InputError as error:
        place = f"{project.file}:{span.first}"
        said = N_("{problem} (named in {place})", problem=error.message, place=place)
        raise InputError(said, str(path), error.line, error.column) from error


def input_file(project: Project, path: Path, kind: str) -> InputFile:
    """The file by path and SHA-256."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return InputFile(shown(project, path), digest, kind, path.absolute())


def shown(project: Project, path: Path) -> str:
    """The path as reports show it: relative to the project where it lies inside."""
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else path.as_posix()
