"""Which flows are told together: those of the same hosts and service, and of very many such, those of one service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from zoneguard.dynamic.columns import I64
from zoneguard.dynamic.joined import Flows
from zoneguard.model.flows import Flow

MOST = 100
"""Matters that are told one by one of two zones; of more, those of one service are told together."""


@dataclass(frozen=True)
class Matter(Sequence[Flow]):
    """Flows that are told together, in order of their first packets: of the same hosts, protocol and port, ordinarily.

    Where these are too many (``MOST``), it is ``parts`` of them between the same ``zones``, and ``digest`` says which:
    two runs have the same where they saw the same hosts and services. ``payload``: bytes of content, both ways.
    """

    flows: Flows
    which: I64
    answered: bool
    payload: int
    zones: tuple[str, str]
    parts: int = 1
    digest: str = ""

    def __len__(self) -> int:
        return len(self.which)

    @overload
    def __getitem__(self, at: int) -> Flow: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Flow]: ...
    def __getitem__(self, at: int | slice) -> Flow | Sequence[Flow]:
        if isinstance(at, slice):
            return tuple(self.flows.some(self.which[at]))
        return self.flows[int(self.which[at])]


def merged(zones: I64, service: I64) -> I64:
    """Of each matter the number under which it is told: its own, or that of its service, or of its zones."""
    label = np.arange(len(zones), dtype=np.int64)
    for keys in (zones << 24 | service, zones):
        _, own, inverse = np.unique(zones, return_index=True, return_inverse=True)
        told = np.unique(inverse << 32 | label) >> 32
        many = (np.bincount(told, minlength=len(own)) > MOST)[inverse]
        first = np.unique(keys, return_index=True, return_inverse=True)
        label = np.where(many, first[1][first[2]], label)
    return label
