"""What the names in a project file refer to. Errors are collected; an entry that has one is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath

from zoneguard.loading.document import Document, Path
from zoneguard.loading.schema import ProjectFile, Sessions
from zoneguard.loading.values import FieldError, addresses, near
from zoneguard.model.addresses import format_addresses, format_prefix, parse_prefix, prefix_span
from zoneguard.model.errors import InputError
from zoneguard.model.intervals import Intervals
from zoneguard.model.policy import is_part
from zoneguard.model.project import Endpoint, Host, Method, Sanitizer
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import Zone, ZoneMap


class Names:
    """The names of one project and the errors met while looking them up.

    ``left_out``: paths of entries that have an error of their own, so that naming them is not a second one.
    """

    def __init__(self, file: ProjectFile, document: Document, root: FilePath, left_out: frozenset[Path]) -> None:
        self.errors: list[InputError] = []
        self.root = root
        self._file = file
        self._document = document
        self._left_out = {(str(p[0]), str(p[1])) for p in left_out if len(p) == 2}
        self.zones = self._zones()
        self._zone_addresses: dict[str, Intervals] = {}
        self._covered = Intervals.from_spans(
            span for zone in self.zones for prefix in zone.prefixes for span in prefix_span(*prefix).spans
        )
        self.hosts = {
            name: Host(
                name,
                Intervals.from_spans(span for part in entry.addresses for span in part.spans),
                document.span(("hosts", name)),
                entry.macs,
                entry.roles,
            )
            for name, entry in file.hosts.items()
        }
        self._refuse_ambiguous_names()

    def fail(self, path: Path, message: Text, *, of_key: bool = False) -> None:
        """An error at ``path``."""
        self.errors.append(self._document.error(path, message, of_key=of_key))

    def _zones(self) -> ZoneMap:
        owners: dict[tuple[int, int], tuple[str, int]] = {}
        zones = []
        for name, entry in self._file.zones.items():
            own: list[tuple[int, int]] = []
            for i, prefix in enumerate(entry.prefixes):
                path: Path = ("zones", name, "prefixes", i)
                if prefix in owners:
                    zone, line = owners[prefix]
                    shown = format_prefix(*prefix)
                    self.fail(
                        path,
                        N_(
                            "{prefix} already belongs to zone {zone} (line {line}); a prefix has one zone, "
                            "a longer prefix inside it may have another",
                            prefix=shown,
                            zone=zone,
                            line=line,
                        ),
                    )
                    continue
                owners[prefix] = name, self._document.place(path)[0]
                own.append(prefix)
            span = self._document.span(("zones", name))
            zones.append(Zone(name, entry.zone_class, tuple(own), span, entry.guessed))
        return ZoneMap(zones)

    def _refuse_ambiguous_names(self) -> None:
        for section, names in (("zones", self._file.zones), ("hosts", self._file.hosts)):
            for name in names:
                if _is_address(name):
                    message = N_("`{name}` is an address: as a name it would hide it; choose another", name=name)
                    self.fail((section, name), message, of_key=True)
        for name in sorted(self._file.hosts.keys() & self._file.zones.keys()):
            line = self._document.span(("zones", name)).first
            message = N_("`{name}` is a zone too (line {line}); give the host another name", name=name, line=line)
            self.fail(("hosts", name), message, of_key=True)

    def knows(self, section: str, name: str, path: Path, known: Iterable[str], message: Text) -> bool:
        """Whether ``name`` is in ``known``; if not, that is an error, unless the entry it names already has one.

        ``section`` is the key under which such names are declared; several are joined by blanks.
        """
        choices = list(known)
        if name in choices:
            return True
        left_out = self._left_out_of(section)
        if name not in left_out:
            self.fail(path, N_("{problem}; {hint}", problem=message, hint=near(name, [*choices, *left_out])))
        return False

    def _left_out_of(self, sections: str) -> list[str]:
        return [name for section, name in sorted(self._left_out) if section in sections.split()]

    def zone(self, name: str, path: Path) -> bool:
        """Whether ``name`` is a zone."""
        known = (z.name for z in self.zones)
        return self.knows("zones", name, path, known, N_("no zone is called `{name}`", name=name))

    def device(self, name: str, path: Path) -> bool:
        """Whether ``name`` is a device."""
        known = self._file.devices
        return self.knows("devices", name, path, known, N_("no device is called `{name}`", name=name))

    def endpoint(self, name: str, path: Path) -> Endpoint | None:
        """A zone, a host, or a prefix, in this order, all of whose addresses are in some zone."""
        if name in self._file.zones:
            if name not in self._zone_addresses:
                self._zone_addresses[name] = self.zones.addresses(name)
            return Endpoint(name, self._zone_addresses[name])
        if name in self.hosts:
            return self._in_zones(Endpoint(name, self.hosts[name].addresses), path)
        if not _is_address(name):
            known = (*self._file.zones, *self._file.hosts)
            self.knows("zones hosts", name, path, known, N_("`{name}` is no zone, no host and no prefix", name=name))
            return None
        try:
            return self._in_zones(Endpoint(name, addresses(name)), path)
        except FieldError as error:
            self.fail(path, error.text)
            return None

    def _in_zones(self, endpoint: Endpoint, path: Path) -> Endpoint | None:
        outside = endpoint.addresses - self._covered
        if not outside:
            return endpoint
        if not self._left_out_of("zones"):
            shown = ", ".join(format_addresses(outside)[:3])
            self.fail(path, N_("{addresses} of `{name}` is in no zone", addresses=shown, name=endpoint.name))
        return None

    def sides(self, entry: Sessions, path: Path) -> tuple[Endpoint, Endpoint] | None:
        """Source and destination."""
        source = self.endpoint(entry.from_, (*path, "from"))
        destination = self.endpoint(entry.to, (*path, "to"))
        return (source, destination) if source and destination else None

    def sanitizer(self, name: str) -> Sanitizer:
        """The sanitizer of that name, with those of its hosts that are found."""
        entry = self._file.sanitizers[name]
        path: Path = ("sanitizers", name)
        known = [
            self.knows("hosts", h, (*path, "hosts", i), self.hosts, N_("no host is called `{name}`", name=h))
            for i, h in enumerate(entry.hosts)
        ]
        if entry.display and entry.method is not Method.SCREEN_TRANSFER:
            self.fail((*path, "display"), N_("only a screen-transfer has display services"), of_key=True)
        hosts = tuple(self.hosts[h] for h, found in zip(entry.hosts, known, strict=True) if found)
        return Sanitizer(name, entry.method, hosts, self._document.span(path), entry.display)

    def file(self, name: str, path: Path) -> FilePath:
        """The path of an input, relative to the project; where it is no file, that is an error."""
        found = self.root / name
        if found.is_dir():
            self.fail(path, N_("{file} is a directory; name a file in it", file=str(found)))
        elif not found.exists():
            beside = sorted(p.name for p in found.parent.iterdir() if p.is_file()) if found.parent.is_dir() else []
            missing = N_("there is no file {file}", file=str(found))
            hint = near(found.name, beside) if beside else N_("paths are relative to the project file")
            self.fail(path, N_("{problem}; {hint}", problem=missing, hint=hint))
        return found

    def clauses(self, references: Iterable[str], path: Path, known: Sequence[str] | None) -> None:
        """Each is one of ``known`` (``None``: some profile is not readable), or the whole of which those are parts."""
        for i, name in enumerate(references if known is not None else ()):
            if known is not None and not any(name == clause or is_part(clause, name) for clause in known):
                self.knows("clauses", name, (*path, i), known, N_("no profile here has the clause {name}", name=name))

    def unique_ids(self, entries: Iterable[tuple[Path, str]]) -> None:
        """No id is used twice."""
        lines: dict[str, int] = {}
        for path, name in entries:
            if name in lines:
                message = N_("the id {name} is already used in line {line}", name=name, line=lines[name])
                self.fail((*path, "id"), message)
            lines.setdefault(name, self._document.place((*path, "id"))[0])


def _is_address(name: str) -> bool:
    try:
        parse_prefix(name)
    except ValueError:
        return False
    return True
