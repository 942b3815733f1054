"""Commands of the top level, each to its reader, IOS and NX-OS alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from zoneguard.model.device import Concern
from zoneguard.parsers._cisco.config import Config
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.reasons import IDLE_PROTOCOL, PROTOCOL, UNKNOWN_COMMAND

Readers = Mapping[tuple[str, ...], Callable[[Line], None]]
"""By the words that a command begins with: the most words decide, at most three."""


def dispatch(config: Config, lines: Iterable[Line], readers: Readers, harmless: Callable[[Line], str]) -> None:
    """Every line to its reader; others are accounted for. ``harmless``: why a command does not matter, or ``""``."""
    for line in lines:
        reader = next((readers[line.words[:n]] for n in (3, 2, 1) if line.words[:n] in readers), None)
        if reader is not None:
            reader(line)
        elif reason := harmless(line):
            account(config.ledger, line, reason)
        else:
            report_unknown(config, line)


def report_unknown(config: Config, line: Line) -> None:
    """A command that is not known, with what is below it."""
    for one in line.walk():
        config.ledger.not_understood(one.number, UNKNOWN_COMMAND, Concern.FILTER)


def read_protocol(config: Config, line: Line, runs: bool) -> None:
    """A block ``router …``: whether it ``runs`` matters, its settings do not."""
    for child in line.children:
        account(config.ledger, child, PROTOCOL if runs else IDLE_PROTOCOL)
    if runs:
        config.understood(line)
    else:
        config.ledger.ignored(IDLE_PROTOCOL, line.number)
