"""What a folder of exports holds: devices with their routing tables, captures, and the networks that they know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.device import Device
from zoneguard.model.errors import InputError
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass
from zoneguard.parsers import Kind
from zoneguard.parsers.reading import detect, read_source
from zoneguard.parsers.splitting import parse_source

CAPTURE = re.compile(r"\.(pcap|pcapng|cap|dmp|ntar)(\.(gz|xz|bz2|zst|lz4))?$", re.IGNORECASE)
RULE_LIST = "rule-list"
_MOST = 0.8  # of the addresses of two exports, to be taken for one device
_OLD = re.compile(r"(?<![a-z])(old|bak|backup|before|prev|previous|copy)(?![a-z])|旧|変更前|コピー", re.IGNORECASE)
_MARKS = re.compile(
    r"[0-9]+|[^\w]|_|(?<![a-z])(old|new|bak|backup|before|after|prev|previous|copy|latest)(?![a-z])|旧|新|変更[前後]|コピー",
    re.IGNORECASE,
)
MAX_FILES = 2000
MAX_NETWORKS = 300  # of routing tables; connected networks are always listed

# what people call the interfaces and networks of a zone; only words that leave no doubt
HINTS: tuple[tuple[ZoneClass, re.Pattern[str]], ...] = (
    (ZoneClass.MYNUMBER, re.compile(r"my-?_?number|マイナンバー|個人番号|番号利用", re.IGNORECASE)),
    (ZoneClass.LGWAN, re.compile(r"lgwan接続系|lgwan-?_?(seg|lan|zone|client|term)|^lgwan$", re.IGNORECASE)),
    (ZoneClass.INTERNET, re.compile(r"(インターネット|internet)接続系", re.IGNORECASE)),
    (ZoneClass.SANITIZER, re.compile(r"無害化|saniti[sz]", re.IGNORECASE)),
    (ZoneClass.SECURITY_CLOUD, re.compile(r"セキュリティクラウド|security-?_?cloud", re.IGNORECASE)),
    (ZoneClass.DMZ, re.compile(r"(?<![a-z])dmz(?![a-z])|公開セグメント", re.IGNORECASE)),
    (ZoneClass.MANAGEMENT, re.compile(r"(?<![a-z])(mgmt|management)(?![a-z])|運用管理|管理用", re.IGNORECASE)),
    (ZoneClass.GUEST, re.compile(r"(?<![a-z])guest(?![a-z])|ゲスト|来庁者", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """An export, the format that its content speaks for, and the routing table that belongs to it by its name.

    ``devices`` are those of both files.
    """

    name: str
    config: Path
    format: str
    devices: tuple[Device, ...]
    routes: Path | None = None
    routes_format: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """``network/length`` of the shared space, where it was seen, and the class of which the names there speak."""

    network: int
    length: int
    seen: tuple[str, ...]
    hint: ZoneClass | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """``unread``: files that are no known export, with the reason. ``lists``: rule lists, which are no devices."""

    devices: tuple[FoundDevice, ...]
    captures: tuple[Path, ...]
    networks: tuple[Network, ...]
    unread: tuple[tuple[Path, Text], ...]
    lists: tuple[Path, ...] = ()


def discover(folder: Path) -> Found:
    """Everything in ``folder`` and below, hidden files, links and what is called ``*.yaml`` or ``*.md`` left aside.

    Raises ``InputError`` where there is no such folder, or it holds more than ``MAX_FILES`` files.
    """
    if not folder.is_dir():
        raise InputError(N_("this is no folder; name the one that holds the exports"), str(folder))
    configs: list[FoundDevice] = []
    tables: list[FoundDevice] = []
    captures: list[Path] = []
    unread: list[tuple[Path, Text]] = []
    lists: list[Path] = []
    for path in _files(folder):
        if not str(path).isprintable():
            unread.append((path, N_("its name has characters that a YAML file cannot hold; rename it")))
            continue
        if CAPTURE.search(path.name):
            captures.append(path)
            continue
        try:
            source = read_source(path, str(path))
            parser = detect(source)
            if parser.name == RULE_LIST:
                lists.append(path)
                continue
            name = path.name.partition(".")[0]
            found = FoundDevice(name, path, parser.name, parse_source(source, name).devices)
        except InputError as error:
            unread.append((path, error.message))
            continue
        if any(device.interfaces or device.vrfs for device in found.devices):
            (tables if parser.kind is Kind.ROUTES else configs).append(found)
        else:
            unread.append((path, N_("{format}: no device", format=parser.title)))
    kept, older = _latest(configs)
    unread += [
        (
            other.config,
            N_("another export of the device in {file}, taken to be the latest by its name", file=own.config.name),
        )
        for other, own in older
    ]
    devices, left = _paired(_named(kept), tables)
    unread += [(table.config, N_("a routing table of no device that was found")) for table in left]
    return Found(tuple(devices), tuple(captures), tuple(_networks(devices)), tuple(unread), tuple(lists))


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        aside = any(part.startswith(".") for part in parts) or path.suffix.lower() in (".yaml", ".yml", ".md")
        if aside or path.is_symlink() or not path.is_file():
            continue
        count += 1
        if count > MAX_FILES:
            raise InputError(
                N_("more than {limit} files: name the folder with the exports", limit=MAX_FILES), str(folder)
            )
        yield path


def _latest(configs: list[FoundDevice]) -> tuple[list[FoundDevice], list[tuple[FoundDevice, FoundDevice]]]:
    """One export of each device, and the others with that one: several backups of a device are one device."""
    groups: list[list[FoundDevice]] = []
    for found in configs:
        group = next((g for g in groups if _one_device(g[0], found)), None)
        if group is None:
            groups.append([found])
        else:
            group.append(found)
    chosen = [max(group, key=_age) for group in groups]
    others = [(f, own) for group, own in zip(groups, chosen, strict=True) for f in group if f is not own]
    return [f for f in configs if any(f is own for own in chosen)], others


def _one_device(one: FoundDevice, other: FoundDevice) -> bool:
    """Whether most addresses are the same, and two of them or the name but for its date and the like."""
    a, b = ({x.address for d in f.devices for i in d.interfaces for x in i.addresses} for f in (one, other))
    common = len(a & b)
    if one.format != other.format or not common or common < _MOST * max(len(a), len(b)):
        return False
    return common > 1 or _bare(one.config) == _bare(other.config)


def _bare(path: Path) -> str:
    return _MARKS.sub("", path.stem).lower()


def _age(found: FoundDevice) -> tuple[bool, list[int], str]:
    """What sorts later is later, as far as names tell."""
    stem = found.config.stem
    return not _OLD.search(stem), [int(n) for n in re.findall(r"[0-9]{1,18}", stem)], stem


def _named(configs: list[FoundDevice]) -> list[FoundDevice]:
    """Each under a name of its own."""
    used: dict[str, int] = {}
    out = []
    for found in configs:
        count = used[found.name] = used.get(found.name, 0) + 1
        out.append(found if count == 1 else replace(found, name=f"{found.name}-{count}"))
    return out


def _paired(configs: list[FoundDevice], tables: list[FoundDevice]) -> tuple[list[FoundDevice], list[FoundDevice]]:
    """The devices with their routing tables, and the tables that are left."""
    left = list(tables)
    out = []
    for found in configs:
        own = next((t for t in left if t.config.parent == found.config.parent and _alike(t.name, found.name)), None)
        if own is not None:
            left.remove(own)
            devices = (*found.devices, *own.devices)
            out.append(replace(found, routes=own.config, routes_format=own.format, devices=devices))
        else:
            out.append(found)
    return out, left


def _alike(table: str, config: str) -> bool:
    """``fw1``, ``fw1-routes``, ``fw1_route`` belong to ``fw1``."""
    return (
        re.fullmatch(rf"{re.escape(config)}([-_ ]?(routes?|routing|rib|ip-?route|show-?ip-?route))?", table) is not None
    )


def _networks(devices: Iterable[FoundDevice]) -> list[Network]:
    """Connected networks and those that routes lead to, each once, the default route left out."""
    seen: dict[tuple[int, int], list[str]] = {}
    words: dict[tuple[int, int], list[str]] = {}
    for found in devices:
        for device in found.devices:
            for interface in device.interfaces:
                for address in interface.addresses:
                    network = next(iter(address.subnet.spans))[0], address.length
                    names = dict.fromkeys(n for n in (interface.name, interface.zone, interface.description) if n)
                    seen.setdefault(network, []).append(" ".join([found.name, *names]))
                    words.setdefault(network, []).extend(names)
    routed = {
        (route.network, route.length): found.name
        for found in devices
        for device in found.devices
        for vrf in device.vrfs
        for route in vrf.routes
        if route.length and (route.network, route.length) not in seen
    }
    for network, name in sorted(routed.items())[:MAX_NETWORKS]:
        seen[network] = [name]
    return [
        Network(*network, tuple(dict.fromkeys(names)), _hint(words.get(network, ())))
        for network, names in sorted(seen.items())
        if not _of_a_host(*network)
    ]


def _of_a_host(network: int, length: int) -> bool:
    """A single address, or a network that is no host's: loopback, link-local, groups."""
    own = prefix_span(network, length)
    special = (prefix_span(127 << 24, 8), prefix_span(224 << 24, 4), prefix_span(V6, 127),
               prefix_span(V6 + (0xFE80 << 112), 10), prefix_span(V6 + (0xFF << 120), 8))  # fmt: skip
    return length == (128 if network >= V6 else 32) or any(own & block for block in special)


def _hint(words: Iterable[str]) -> ZoneClass | None:
    """The class that the names speak of, where they speak of one only."""
    found = {zone_class for zone_class, pattern in HINTS for word in words if pattern.search(word)}
    return found.pop() if len(found) == 1 else None
