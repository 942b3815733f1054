"""What shipped captures hold, read back with scapy alone: every five-tuple, and the row that explains it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import rdpcap

from zoneguard.loading.project import load_project
from zoneguard.model.addresses import parse_address
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.project import Allowance, ExceptionEntry, Project

ROOT = Path(__file__).parents[2]
NUMBERS = {name: number for number, name in PROTOCOL_NAMES.items()}


@dataclass
class Session:
    """One five-tuple of one capture, as the side that sent first opened it."""

    capture: str
    proto: str
    client: tuple[str, int]
    server: tuple[str, int]
    first: int
    macs: set[str] = field(default_factory=set)
    flags: list[str] = field(default_factory=list)
    sent: list[tuple[int, int, bytes]] = field(default_factory=list)  # of the client: sequence, frame, payload
    received: int = 0

    @property
    def answered(self) -> bool:
        return bool(self.sent) and self.received > 0


@cache
def frames(twin: str, name: str) -> tuple[Any, ...]:
    return tuple(rdpcap(str(ROOT / "topologies" / twin / "captures" / name)))


@cache
def sessions(twin: str) -> tuple[Session, ...]:
    found: dict[tuple[object, ...], Session] = {}
    for capture in load_project(ROOT / "topologies" / twin).captures:
        for number, frame in enumerate(frames(twin, capture.path.name), 1):
            if IP not in frame or not (TCP in frame or UDP in frame):
                continue
            proto, layer = ("tcp", frame[TCP]) if TCP in frame else ("udp", frame[UDP])
            here, there = (frame[IP].src, layer.sport), (frame[IP].dst, layer.dport)
            key = (capture.path.name, proto, *sorted((here, there)))
            session = found.setdefault(key, Session(capture.path.name, proto, here, there, number))
            header = layer.dataofs * 4 if proto == "tcp" else 8
            payload = bytes(layer)[header : frame[IP].len - frame[IP].ihl * 4]
            if proto == "tcp":
                session.flags.append(str(layer.flags))
            if here == session.client:
                session.macs.add(frame[Ether].src)
                if payload:
                    session.sent.append((layer.seq if proto == "tcp" else number, number, payload))
            else:
                session.received += len(payload)
    return tuple(found.values())


def zone(project: Project, address: str) -> str:
    found = project.zones.of(parse_address(address))
    assert found is not None
    return found.name


def rows_of(project: Project) -> tuple[Allowance | ExceptionEntry, ...]:
    return (*project.allow, *project.exceptions)


def fits(row: Allowance | ExceptionEntry, session: Session) -> set[str]:
    """The services of ``row`` that the session is one of."""
    if parse_address(session.client[0]) not in row.source.addresses:
        return set()
    if parse_address(session.server[0]) not in row.destination.addresses:
        return set()
    proto, port = NUMBERS[session.proto], session.server[1]
    return {s.text for s in row.services if proto in s.protocols and port in s.ports}


def outside(twin: str) -> list[Session]:
    """Answered sessions between two zones that neither an allowance nor an exception explains."""
    project = load_project(ROOT / "topologies" / twin)
    rows = rows_of(project)
    return [
        session
        for session in sessions(twin)
        if session.answered
        and zone(project, session.client[0]) != zone(project, session.server[0])
        and not any(fits(row, session) for row in rows)
    ]
