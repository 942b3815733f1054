"""The flow table as JSON lines, CSV and columns: the machine interface of ``zoneguard flows``.

Each form says of every flow what ``export.flow_record`` says of one, some thousands of flows at once: a text is made
once for each value of a column, and a line by putting the texts of all columns into one form.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

import numpy as np

from zoneguard.dynamic._texts import addresses, community_ids, times
from zoneguard.dynamic.columns import Column
from zoneguard.dynamic.communityid import ICMP, ICMPV6
from zoneguard.dynamic.export import FIELDS, PAIRS
from zoneguard.dynamic.listed import OPENED_BY, STATES, SUMS, Listed
from zoneguard.dynamic.table import Tracks
from zoneguard.model.addresses import format_mac
from zoneguard.model.packet import PROTOCOL_NAMES

ROOM = 1 << 20  # characters of a column in memory
FLAT = tuple(f"{name}_{part}" if part else name for name in FIELDS for part in PAIRS.get(name, ("",)))
Cells = Mapping[str, Sequence[object]]
_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Form:
    """How values become texts: ``plain`` takes a text of ordinary characters in, ``value`` makes one of any value."""

    plain: str
    value: Callable[[object], str]


def jsonl(flows: Tracks) -> Iterator[str]:
    """One line of JSON a flow, each ending in a newline; some lines at a time."""
    form = "{" + ", ".join(f'"{name}": {"[%s, %s]" if _paired(name) else "%s"}' for name in FIELDS) + "}\n"
    for cells in _cells(flows, Form('"%s"', _JSON.encode)):
        yield _lines(form, cells)


def csv_lines(flows: Tracks) -> Iterator[str]:
    """A header line, then one line a flow, in parts of some lines; lists joined by ``;``, lists of lists by ``|``."""
    yield ",".join(FIELDS) + "\n"
    form = ",".join({"macs": "%s|%s"}.get(name, "%s;%s") if _paired(name) else "%s" for name in FIELDS) + "\n"
    for cells in _cells(flows, Form("%s", _cell)):
        yield _lines(form, cells)


def columns(flows: Tracks) -> Iterator[str]:
    """One JSON object: of each column its values, all of one type and equally many, as ``pyarrow.table`` takes them.

    Pairs are two columns each, as ``packets_to_responder``; ``vlan``, ``tunnel`` and both ``macs`` are lists. Columns
    that are long wait in temporary files.
    """
    with ExitStack() as stack:
        waiting = [stack.enter_context(_spool()) for _ in FLAT]
        comma = ""
        for cells in _cells(flows, Form('"%s"', _JSON.encode)):
            for name, column in zip(FLAT, waiting, strict=True):
                column.write(comma + ", ".join(map(str, cells[name])))
            comma = ", "
        yield "{"
        for number, (name, column) in enumerate(zip(FLAT, waiting, strict=True)):
            yield ("," if number else "") + f"\n{json.dumps(name)}: ["
            column.seek(0)
            yield from iter(lambda column=column: column.read(ROOM), "")  # type: ignore[misc]
            yield "]"
        yield "\n}\n"


def _paired(name: str) -> bool:
    return name in PAIRS and name != "icmp"


def _lines(form: str, cells: Cells) -> str:
    names = [flat for name in FIELDS for flat in ([f"{name}_{p}" for p in PAIRS[name]] if _paired(name) else [name])]
    return "".join(map(form.__mod__, zip(*(cells[name] for name in names), strict=True)))


def _cells(flows: Tracks, form: Form) -> Iterator[Cells]:
    """The texts and numbers of each column, under the names in ``FLAT``, and of ``icmp`` as a whole."""
    files = [form.value(file) for file in flows.files]
    vlans, tunnels = ([form.value(list(context[part])) for context in flows.contexts] for part in (0, 1))
    protocols = [form.value(PROTOCOL_NAMES.get(proto, str(proto))) for proto in range(256)]
    states, openers = [form.plain % state.value for state in STATES], [form.plain % how for how in OPENED_BY]
    for some in flows.listed():
        cells: dict[str, Sequence[object]] = {
            "src": addresses(some.flows.src, form.plain),
            "sport": some.flows.sport.tolist(),
            "dst": addresses(some.flows.dst, form.plain),
            "dport": some.flows.dport.tolist(),
            "proto": _each(protocols, some.flows.proto),
            "vlan": _each(vlans, some.flows.vlan),
            "tunnel": _each(tunnels, some.flows.vlan),
            "state": _each(states, some.state),
            "opened_by": _each(openers, some.opened_by),
            "first": times(some.first.time, form.plain),
            "last": times(some.last.time, form.plain),
            "first_frame": some.first.number.tolist(),
            "community_id": community_ids(some.flows, form.plain),
            "file": _each(files, some.first.file),
            "last_frame": some.last.number.tolist(),
        }
        for name in SUMS:
            cells |= zip(_parts(name), (side.tolist() for side in some.sums[name]), strict=True)
        cells |= zip(_parts("macs"), _macs(some, form), strict=True)
        cells |= _icmp(some, form)
        yield cells


def _parts(name: str) -> list[str]:
    return [f"{name}_{part}" for part in PAIRS[name]]


def _each(texts: Sequence[str], numbers: Column) -> list[str]:
    return list(map(texts.__getitem__, numbers.tolist()))


def _macs(some: Listed, form: Form) -> Iterator[list[str]]:
    """Of both sides the source addresses."""
    for mac, halves in zip(some.macs, (some.flows.near, some.flows.far), strict=True):
        known, which = np.unique(mac, return_inverse=True)
        lists = [[format_mac(one)] if one >= 0 else [] for one in known.tolist()]
        texts = _each([form.value(one) for one in lists], which)
        more = np.fromiter(some.more_macs, np.int64, len(some.more_macs))
        for at in np.flatnonzero(np.isin(halves, more)).tolist():
            texts[at] = form.value([*lists[which[at]], *map(format_mac, some.more_macs[int(halves[at])])])
        yield texts


def _icmp(some: Listed, form: Form) -> Cells:
    """Type and code of the opening message."""
    there = (some.flows.proto == ICMP) | (some.flows.proto == ICMPV6)
    known, which = np.unique(np.where(there, some.flows.icmp.astype(np.int64), -1), return_inverse=True)
    pairs = [[one >> 8, one & 0xFF] if one >= 0 else None for one in known.tolist()]
    made = {"icmp": [form.value(pair) for pair in pairs]}
    made |= zip(_parts("icmp"), ([form.value(pair and pair[n]) for pair in pairs] for n in (0, 1)), strict=True)
    return {name: _each(texts, which) for name, texts in made.items()}


def _cell(value: object) -> str:
    """A cell of CSV, in quotes where it needs them."""
    text = io.StringIO()
    told = ";".join(map(str, value)) if isinstance(value, list) else value
    csv.writer(text, lineterminator="\n").writerow(("", told))
    return text.getvalue()[1:-1]


def _spool() -> SpooledTemporaryFile[str]:
    return SpooledTemporaryFile(ROOM, "w+", encoding="utf-8", errors="backslashreplace", newline="")
