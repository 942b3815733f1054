"""Undecided conditions of two states of one network: which of them are the same condition.

A set engine takes conditions of one key for one condition. Within one export that is what a parser means by a key; of
two exports it holds only where both state the condition alike, and a key that counts lines moves with every line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

from zoneguard.model.device import Device
from zoneguard.model.match import Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.unknowns import unknowns, with_unknowns

TextOf = Callable[[SourceSpan], str]
"""What an export says in these lines, without what does not matter (counters, comments)."""
Statements = Mapping[str, frozenset[str]]
"""The texts that state each condition of a key."""


def named_alike(
    old: Iterable[Device], new: Iterable[Device], old_text: TextOf, new_text: TextOf
) -> tuple[tuple[Device, ...], tuple[Device, ...]]:
    """Both sides with keys that are equal where, and only where, both state the condition alike.

    A condition about one line (its key names that line or its file) is the same where the other side has a line of the
    same text. Any other is the same where some text that states it is found on both sides, or one side lacks it.
    """
    before, after = tuple(old), tuple(new)
    old_text, new_text = cache(old_text), cache(new_text)
    earlier, later = _statements(before, old_text), _statements(after, new_text)
    return (
        tuple(map(_Renaming(old_text, earlier, later, "old").device, before)),
        tuple(map(_Renaming(new_text, later, earlier, "new").device, after)),
    )


def _statements(devices: Iterable[Device], text: TextOf) -> Statements:
    found: dict[str, set[str]] = {}
    for unknown in (u for device in devices for vrf in device.vrfs for u in unknowns(vrf)):
        found.setdefault(unknown.key, set()).add(text(unknown.span))
    return {key: frozenset(texts) for key, texts in found.items()}


class _Renaming:
    """Writes the keys of one side; what the other side does not state alike bears the name of this ``side``."""

    def __init__(self, text: TextOf, own: Statements, others: Statements, side: str) -> None:
        self._text = text
        self._others = others
        self._side = side
        self._alike = {key for key, texts in own.items() if key not in others or not texts.isdisjoint(others[key])}

    def device(self, device: Device) -> Device:
        return replace(device, vrfs=tuple(with_unknowns(vrf, self._renamed) for vrf in device.vrfs))

    def _renamed(self, unknown: Unknown) -> Unknown:
        key = self._key(unknown)
        return unknown if key == unknown.key else replace(unknown, key=key)

    def _key(self, unknown: Unknown) -> str:
        line = str(unknown.span)
        if line in unknown.key:
            return f"{unknown.key.replace(line, unknown.span.file)}: {self._text(unknown.span)}"
        if unknown.span.file in unknown.key:
            text = self._text(unknown.span)
            alike = text in self._others.get(unknown.key, ())
            return unknown.key if alike else f"{unknown.key}, {self._side}: {text}"
        return unknown.key if unknown.key in self._alike else f"{unknown.key} ({self._side})"
