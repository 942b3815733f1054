"""YAML with the place of every value, within bounds, and without YAML's guesses about types.

Plain scalars stay text, so that a zone may be called ``no``, a MAC address is no sexagesimal number, and
``2026-04-01`` is a date only where a date is asked for. Only an empty value, ``~`` and ``null`` are nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

import yaml

from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text

MAX_DEPTH = 32
MAX_VALUES = 500_000  # counted as if every alias were written out

Path = tuple[str | int, ...]
Plain = str | list["Plain"] | dict[str, "Plain"] | None

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = {"", "~", "null", "Null", "NULL"}


@dataclass(slots=True)
class Node:
    """A value and where it begins (1-based). ``size`` and ``height`` count what is in it, aliases written out."""

    line: int
    column: int
    value: str | list[Node] | dict[str, Node] | None
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1
    height: int = 1

    def child(self, step: str | int) -> Node | None:
        """The value under a key or at an index."""
        if isinstance(self.value, dict):
            return self.value.get(str(step))
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None

    def plain(self) -> Plain:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value


@dataclass(frozen=True, slots=True)
class Document:
    """A composed file, and the errors that left something to go on with (a key written twice)."""

    file: str
    root: Node
    errors: tuple[InputError, ...] = ()

    def place(self, path: Path, *, of_key: bool = False) -> tuple[int, int]:
        """Line and column of the value at ``path`` (or of its key); where there is none, of the nearest around it."""
        node = self.root
        place = node.line, node.column
        for step in path:
            child = node.child(step)
            key_place = node.keys.get(str(step))
            if child is None:
                return key_place or place
            place = key_place if of_key and key_place else (child.line, child.column)
            node = child
        return place

    def node(self, path: Path) -> Node | None:
        """The node at ``path``."""
        node: Node | None = self.root
        for step in path:
            node = node.child(step) if node is not None else None
        return node

    def span(self, path: Path) -> SourceSpan:
        """The line on which the key or the list entry at ``path`` begins; the file as seen from its own folder."""
        line, _ = self.place(path, of_key=True)
        return SourceSpan(PurePath(self.file).name, line, line)

    def error(self, path: Path, message: Text, *, of_key: bool = False) -> InputError:
        """An error at the place of ``path``."""
        return InputError(message, self.file, *self.place(path, of_key=of_key))

    def prune(self, paths: Iterable[Path]) -> None:
        """Take these values out of the tree, so that the rest can be read on."""
        last_first = sorted(set(paths), key=lambda path: [f"{s:09}" if isinstance(s, int) else s for s in path])[::-1]
        for path in last_first:
            parent, step = self.node(path[:-1]), path[-1]
            if parent is not None and isinstance(parent.value, dict):
                parent.value.pop(str(step), None)
            elif parent is not None and isinstance(parent.value, list) and isinstance(step, int):
                del parent.value[step : step + 1]


def compose(text: str, file: str) -> Document:
    """The one document in ``text``. Raises ``InputErrors`` where it is no YAML, or uses what has no meaning here."""
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        line = before.count("\n") + 1
        raise _fatal(N_("a control character: {problem}", problem=str(error.reason)), file, line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = "; ".join(part for part in (error.context, error.problem) if part)
        place = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        raise _fatal(_not_yaml(text, place[0], problem), file, *place) from None
    if builder.root is None:
        raise _fatal(N_("the file is empty"), file)
    return Document(file, builder.root, tuple(builder.errors))


def _fatal(message: Text, file: str, line: int = 0, column: int = 0) -> InputErrors:
    return InputErrors((InputError(message, file, line, column),))


def _not_yaml(text: str, line: int, problem: str) -> Text:
    lines = text.splitlines()
    before = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in before[: len(before) - len(before.lstrip())]:
        return N_("indented with a tab: YAML allows blanks only")
    return N_("not readable as YAML: {problem}", problem=problem)


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read. ``key`` is the key whose value comes next."""

    node: Node
    anchor: str | None
    key: str | None = None


class _Builder:
    """Nodes from parser events, one by one, so that every bound holds before memory is spent."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self.errors: list[InputError] = []
        self._file = file
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._values = 0

    def take(self, event: yaml.Event) -> None:
        """The next event of the parser. Raises ``InputErrors``."""
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise _fatal(N_("a second document begins here; one file holds one"), self._file, *place)
        if isinstance(event, yaml.AliasEvent):
            target = self._anchors.get(str(event.anchor))
            if target is None:
                raise _fatal(N_("nothing before this is named &{name}", name=str(event.anchor)), self._file, *place)
            self._count(target.size, target.height, place)
            self._put(target, place)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._close()
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            self._begin(event, place)

    def _begin(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: tuple[int, int]) -> None:
        if event.tag is not None:
            raise _fatal(N_("the tag {tag} has no meaning here; leave it out", tag=event.tag), self._file, *place)
        self._count(1, 1, place)
        if isinstance(event, yaml.ScalarEvent):
            nothing = event.implicit[0] and event.value in _NULLS
            node = Node(*place, None if nothing else event.value)
            if event.anchor is not None:
                self._anchors[event.anchor] = node
            self._put(node, place)
        else:
            node = Node(*place, {} if isinstance(event, yaml.MappingStartEvent) else [])
            self._open.append(_Open(node, event.anchor))

    def _close(self) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = done.node
        self._put(done.node, (done.node.line, done.node.column))

    def _count(self, size: int, height: int, place: tuple[int, int]) -> None:
        self._values += size
        if self._values > MAX_VALUES:
            raise _fatal(N_("more than {limit} values, aliases written out", limit=MAX_VALUES), self._file, *place)
        if len(self._open) + height > MAX_DEPTH:
            raise _fatal(N_("nested deeper than {limit} levels", limit=MAX_DEPTH), self._file, *place)

    def _put(self, node: Node, place: tuple[int, int]) -> None:
        """``node`` is complete: it becomes the root, an item, a key, or a key's value."""
        if not self._open:
            self.root = node
            return
        around = self._open[-1]
        holder = around.node
        if isinstance(holder.value, list):
            holder.value.append(node)
        elif isinstance(holder.value, dict) and around.key is None:
            around.key = self._key(node, holder, place)
        elif isinstance(holder.value, dict) and around.key is not None:
            holder.value.setdefault(around.key, node)
            around.key = None
        holder.size += node.size
        holder.height = max(holder.height, node.height + 1)

    def _key(self, node: Node, holder: Node, place: tuple[int, int]) -> str:
        key = node.value
        if not isinstance(key, str):
            raise _fatal(N_("a key is plain text"), self._file, *place)
        if key == "<<":
            raise _fatal(N_("merging with << is not read here; write the keys out"), self._file, *place)
        if key in holder.keys:
            earlier, _ = holder.keys[key]
            message = N_("the key `{key}` is already in line {line}; remove one of them", key=key, line=earlier)
            self.errors.append(InputError(message, self._file, *place))
        else:
            holder.keys[key] = place
        return key
