"""The flow table as JSON lines, CSV and columns: the machine interface of ``zoneguard flows``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from tempfile import SpooledTemporaryFile

from zoneguard.dynamic.communityid import community_id
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.flows import Flow
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.spans import CaptureSpan

FIELDS = (
    "src", "sport", "dst", "dport", "proto", "vlan", "tunnel", "state", "opened_by", "packets", "bytes", "payload",
    "first", "last", "first_frame", "macs", "community_id", "file", "last_frame", "icmp",
)  # fmt: skip

ROOM = 1 << 20  # characters of a column in memory
TOGETHER = 512  # flows that are written at once
_JSON = json.JSONEncoder(ensure_ascii=False)
PAIRS = {"packets": ("to_responder", "to_originator"), "macs": ("originator", "responder"), "icmp": ("type", "code")}
PAIRS |= {"bytes": PAIRS["packets"], "payload": PAIRS["packets"]}


def flow_record(flow: Flow) -> dict[str, object]:
    """One flow as plain values under the names in ``FIELDS``.

    Pairs are ``[to_responder, to_originator]``; ``macs`` the source addresses each way; times ISO 8601 in UTC;
    ``first_frame`` counts from 1 in ``file``; ``icmp`` is ``[type, code]`` of the opening message, else null.
    """
    return {
        "src": format_address(flow.src),
        "sport": flow.sport,
        "dst": format_address(flow.dst),
        "dport": flow.dport,
        "proto": PROTOCOL_NAMES.get(flow.proto, str(flow.proto)),
        "vlan": list(flow.vlan),
        "tunnel": list(flow.tunnel),
        "state": flow.state.value,
        "opened_by": flow.opened_by,
        "packets": list(flow.packets),
        "bytes": list(flow.bytes),
        "payload": list(flow.payload),
        "first": _time(flow.first),
        "last": _time(flow.last),
        "first_frame": flow.first.frame,
        "macs": [[format_mac(mac) for mac in macs] for macs in flow.macs],
        "community_id": community_id(flow.proto, (flow.src, flow.dst), (flow.sport, flow.dport), flow.icmp),
        "file": flow.first.file,
        "last_frame": flow.last.frame,
        "icmp": [flow.icmp >> 8, flow.icmp & 0xFF] if flow.proto in (1, 58) else None,
    }


def jsonl(flows: Iterable[Flow]) -> Iterator[str]:
    """One line of JSON a flow, each ending in a newline."""
    for flow in flows:
        yield _JSON.encode(flow_record(flow)) + "\n"


def csv_lines(flows: Iterable[Flow]) -> Iterator[str]:
    """A header line, then one line a flow, in parts of some lines; lists joined by ``;``, lists of lists by ``|``."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(FIELDS)
    for chunk in _chunks(flows):
        writer.writerows([_cells(flow_record(flow)) for flow in chunk])
        yield lines.getvalue()
        lines.seek(0)
        lines.truncate()
    yield lines.getvalue()


def columns(flows: Iterable[Flow]) -> Iterator[str]:
    """One JSON object: of each column its values, all of one type and equally many, as ``pyarrow.table`` takes them.

    Pairs are two columns each, as ``packets_to_responder``; ``vlan``, ``tunnel`` and both ``macs`` are lists. Columns
    that are long wait in temporary files.
    """
    names = [f"{name}_{part}" if part else name for name in FIELDS for part in PAIRS.get(name, ("",))]
    with ExitStack() as stack:
        waiting = [stack.enter_context(_spool()) for _ in names]
        comma = ""
        for chunk in _chunks(flows):
            values = zip(*(_flat(flow_record(flow)) for flow in chunk), strict=True)
            for column, told in zip(waiting, values, strict=True):
                column.write(comma + _JSON.encode(told)[1:-1])
            comma = ", "
        yield "{"
        for number, (name, column) in enumerate(zip(names, waiting, strict=True)):
            yield ("," if number else "") + f"\n{json.dumps(name)}: ["
            column.seek(0)
            yield from iter(lambda column=column: column.read(ROOM), "")  # type: ignore[misc]
            yield "]"
        yield "\n}\n"


def _chunks(flows: Iterable[Flow]) -> Iterator[tuple[Flow, ...]]:
    rest = iter(flows)
    return iter(lambda: tuple(islice(rest, TOGETHER)), ())


def _spool() -> SpooledTemporaryFile[str]:
    return SpooledTemporaryFile(ROOM, "w+", encoding="utf-8", errors="backslashreplace", newline="")


def _flat(record: dict[str, object]) -> Iterator[object]:
    for name, value in record.items():
        if name not in PAIRS:
            yield value
        else:
            yield from value if isinstance(value, list) else (None, None)


def _cells(record: dict[str, object]) -> list[object]:
    return [_joined(value) if isinstance(value, list) else value for value in record.values()]


def _joined(values: list[object]) -> str:
    if values and isinstance(values[0], list):
        return "|".join([";".join(map(str, value)) for value in values if isinstance(value, list)])
    return ";".join(map(str, values))


def _time(at: CaptureSpan) -> str:
    return datetime.fromtimestamp(at.time, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
