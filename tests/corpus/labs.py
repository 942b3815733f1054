"""Labs of real devices: a folder with their configurations and routing tables, and what really got through.

Read generally, by the names of the files (``__`` stands for a folder where the corpus was flattened):

- ``configs/HOST/…``: the configuration of a device; ``hosts/HOST.json``: a host that is none, with its addresses;
- ``show/HOST/…``: what a device or host printed. Of a device, the file that is a routing table is its table;
- ``show/HOST/ping…``: the statistics of a ping; addresses stand in the name, the source after ``-S`` or ``source``;
- ``show/HOST/client_NAME_ADDRESS_PROTOCOL_PORT``: what a client of an echo server printed.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Device
from zoneguard.model.errors import InputError
from zoneguard.model.match import SYN
from zoneguard.model.packet import PROTOCOL_NAMES, Packet
from zoneguard.parsers import Kind, Parser, Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.reading import detect, read_source

_PROTOCOLS = {name: number for number, name in PROTOCOL_NAMES.items()}
_SOURCE = re.compile(r"(?:-[SI]|source|source-ip|src)[_ ]([^_ ]+)")
_RECEIVED = re.compile(r"\d+ packets transmitted, (\d+)(?: packets)? received|Success rate is (\d+) percent")
_SURE = 0.9


class Seen(StrEnum):
    """What became of the packets: all came through, none, or only the first few."""

    PASSED = "passed"
    STOPPED = "stopped"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Observation:
    """A packet that was sent, and what was seen of it."""

    name: str
    packet: Packet
    seen: Seen


class Lab:
    """One folder. ``prefix`` of its files is what their names have in common before the first part that is known."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._files: dict[tuple[str, ...], Path] = {}
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            parts = [word for part in path.relative_to(folder).parts for word in part.split("__")]
            start = next((n for n, word in enumerate(parts) if word in ("configs", "hosts", "show")), None)
            if start is not None:
                self._files[tuple(parts[start:])] = path

    def devices(self) -> list[Device]:
        """Every device whose configuration some parser knows, with its exported table."""
        found = []
        for (kind, host, *_), path in self._files.items():
            config = _known(path, Kind.CONFIG) if kind == "configs" else None
            if config is None:
                continue
            parser, source = config
            (device,) = parser.parse(source, host).devices
            table = self._table(host)
            found.append(device if table is None else with_routes(device, table))
        return found

    def _table(self, host: str) -> Device | None:
        tables = (
            _known(p, Kind.ROUTES) for (kind, where, *_), p in self._files.items() if (kind, where) == ("show", host)
        )
        best = max(
            ((parser.sniff(s), parser, s) for parser, s in filter(None, tables)), key=lambda t: t[0], default=None
        )
        return best[1].parse(best[2], host).devices[0] if best is not None else None

    def observations(self) -> Iterator[Observation]:
        """Everything that was tried."""
        for (kind, host, *rest), path in self._files.items():
            words = "__".join(rest).removesuffix(".txt")
            if kind != "show" or not words.startswith(("ping", "client_")):
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            source = self._address(host)
            if words.startswith("ping"):
                yield from _ping(f"{host}: {words}", words, text, source)
            elif source is not None:
                yield _client(f"{host}: {words}", words, text, source)

    def _address(self, host: str) -> int | None:
        """The first address of a host that is no device."""
        path = self._files.get(("hosts", f"{host}.json"))
        if path is None:
            return None
        ports = json.loads(path.read_text(encoding="utf-8"))["hostInterfaces"]
        return next((parse_address(port["prefix"].partition("/")[0]) for port in ports.values()), None)


def _known(path: Path, kind: Kind) -> tuple[Parser, Source] | None:
    try:
        source = read_source(path, path.name)
        parser = detect(source, kind=kind)
    except InputError:
        return None
    return (parser, source) if parser.sniff(source) >= _SURE else None


def _ping(name: str, words: str, text: str, source: int | None) -> Iterator[Observation]:
    given = _SOURCE.search(words)
    if given is not None and _is_address(given[1]):
        source = parse_address(given[1])
        words = words.replace(given[0], "", 1)
    targets = [word for word in re.split(r"[_ ]", words) if _is_address(word)]
    counted = _RECEIVED.search(text)
    if source is None or not targets or counted is None:
        return
    target = parse_address(targets[-1])
    v6 = target >= V6
    packet = Packet(source, target, 58 if v6 else 1, icmp=(128 if v6 else 8) << 8)
    yield Observation(name, packet, Seen.PASSED if int(counted[1] or counted[2]) else Seen.STOPPED)


def _client(name: str, words: str, text: str, source: int) -> Observation:
    *_, target, protocol, port = words.split("_")
    number = _PROTOCOLS[protocol]
    packet = Packet(source, parse_address(target), number, 50000, int(port), flags=SYN if number == 6 else 0)
    sent = len(re.findall(r"^packet\d", text, re.MULTILINE))
    back = len(re.findall(r"^\[ECHO:\]", text, re.MULTILINE))
    return Observation(name, packet, Seen.STOPPED if not back else Seen.PASSED if back >= sent else Seen.CUT)


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True
