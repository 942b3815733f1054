"""What parsers share when they read how a device is managed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.settings import (
    Access,
    Account,
    DeviceSettings,
    IdleLimit,
    Server,
    Service,
    SnmpAccess,
    Software,
    Topic,
)

PORTS = {"ssh": 22, "telnet": 23, "http": 80, "https": 443, "ftp": 21, "tftp": 69}
INITIAL_COMMUNITIES = frozenset({"public", "private"})


@dataclass(slots=True)
class Found:
    """What the lines of an export say, in their order. ``topics``: those of which some line speaks."""

    software: Software | None = None
    logs: list[Server] = field(default_factory=list)
    times: list[Server] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    snmp: list[SnmpAccess] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    idle: list[IdleLimit] = field(default_factory=list)
    topics: set[Topic] = field(default_factory=set)

    def tells(self, *topics: Topic) -> bool:
        """Note that a line speaks of ``topics``; always true, as the answer of a reader that took the line."""
        self.topics |= set(topics)
        return True

    def account(self, account: Account, known_secret: bool = True) -> None:
        """Note an administrator; a later line with a secret replaces what an earlier one of that name says."""
        if known_secret or all(known.name != account.name for known in self.accounts):
            self.accounts = [a for a in self.accounts if a.name != account.name] + [account]

    def settings(self) -> DeviceSettings:
        """All of it together."""
        return DeviceSettings(
            told=frozenset(self.topics),
            software=self.software,
            logs=tuple(self.logs),
            times=tuple(self.times),
            accesses=tuple(self.accesses),
            snmp=tuple(self.snmp),
            accounts=tuple(self.accounts),
            idle=tuple(self.idle),
        )


def accesses(services: Iterable[Service]) -> Iterator[Access]:
    """The services that are management by TCP, on the ports that they have by custom."""
    for service in services:
        if service.name in PORTS:
            yield Access(service.name, PORTS[service.name], service.interface, service.span)


def port(text: str, default: int) -> int:
    """``text`` as the number of a port; ``default`` where it is none."""
    number = int(text[:6]) if text.isascii() and text.isdigit() else 0
    return number if 0 < number < 1 << 16 else default


def minutes(text: str, further: str = "") -> int | None:
    """``text`` minutes and ``further`` seconds in seconds; ``None`` where the first is not a number."""
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text[:6]) * 60 + (int(further[:6]) if further.isascii() and further.isdigit() else 0)
