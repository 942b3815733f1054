"""``no X`` somewhere below ``X``: the model holds what the device does no longer do.

An export shows what is in force, and says ``no X`` of defaults only. In a session in which somebody configures, or
where changes follow an export, it takes ``X`` back: a reader that ignores it, or takes it for one more entry, goes on
with ``X``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zoneguard.model.device import Concern
from zoneguard.parsers._commands import Command, Words
from zoneguard.parsers.accounting import TAKEN_BACK, Ledger

_LABELS = frozenset({"description", "name", "remark"})


def report_taken_back(commands: Sequence[Command], ledger: Ledger) -> None:
    """Every ``no X`` that is not in the model, and in whose mode a command that begins with ``X`` was understood
    before, is not understood, without bounds."""
    negated = {
        (mode, words[1:]): number
        for mode, words, number in _denials(commands, ())
        if words[1:] and words[1] not in _LABELS
    }
    negated = {key: negated[key] for key in negated if not ledger.is_modelled(negated[key])}
    if not negated:
        return
    modes = {mode for mode, _ in negated}
    for mode, words, command in _walk(commands, ()):
        if mode not in modes or not ledger.is_understood(command.number):
            continue
        for length in range(1, len(words) + 1):
            line = negated.get((mode, words[:length]), 0)
            if line > command.number:
                ledger.not_understood(line, TAKEN_BACK, Concern.FILTER)


def _denials(commands: Iterable[Command], above: Words) -> Iterator[tuple[Words, Words, int]]:
    """Each ``no X``: the words that lead to its mode, its own, in lower case, and its line."""
    for command in commands:
        words = command.words
        if words[0].lower() == "no":
            yield _lower(above), _lower(words), command.number
        if command.children:
            yield from _denials(command.children, (*above, *words))


def _lower(words: Words) -> Words:
    return tuple(map(str.lower, words))


def _walk(commands: Iterable[Command], mode: Words) -> Iterator[tuple[Words, Words, Command]]:
    """Each command with the words of those that lead to its mode, and its own, in lower case."""
    for command in commands:
        words = _lower(command.words)
        yield mode, words, command
        if command.children:
            yield from _walk(command.children, (*mode, *words))
