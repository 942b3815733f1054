"""Flows in columns as they are written down: all that one ``Flow`` says, for some thousands at once.

``table`` makes one ``Flow`` out of the same records at a time; tests hold the two to each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I32, I64, U8, Refusal
from zoneguard.dynamic.contexts import Context
from zoneguard.dynamic.oriented import Oriented
from zoneguard.dynamic.states import ANSWERING, FINISH, OPENING, PLAIN, RESET, TCP
from zoneguard.model.flows import FlowState

STATES = tuple(FlowState)
ATTEMPTED = STATES.index(FlowState.ATTEMPTED)
OPENED_BY = ("handshake", "port", "first-packet")
HANDSHAKE, PORT, FIRST_PACKET = range(3)
SUMS = ("packets", "bytes", "payload")


@dataclass(frozen=True, slots=True)
class Places:
    """A packet of each flow: when it came, in nanoseconds, and where it is."""

    time: I64
    number: I64
    file: I32


@dataclass(frozen=True, slots=True)
class Listed:
    """One value a flow. ``flows`` has addresses and ports, ``vlan`` of it the number of the context; ``state`` and
    ``opened_by`` are places in ``STATES`` and ``OPENED_BY``; ``sums`` those of ``SUMS``, each
    ``(to_responder, to_originator)``, and so are ``macs``: the first source address, -1 where there is none.
    ``more_macs``: the further ones of a direction, by its number."""

    flows: Oriented
    state: I64
    opened_by: I64
    sums: Mapping[str, tuple[I64, I64]]
    first: Places
    last: Places
    macs: tuple[I64, I64]
    more_macs: Mapping[int, Sequence[int]]

    def __len__(self) -> int:
        return len(self.state)


def listed(
    store: Store,
    flows: Oriented,
    contexts: Sequence[Context],
    refused: Collection[Refusal],
    more_macs: Mapping[int, Sequence[int]],
) -> Listed:
    """These flows of the store, whose ``vlan`` numbers their contexts."""
    near, far = flows.near, flows.far
    began = store.began(near), store.began(far)
    first = np.where(began[0] < began[1], near, far)
    ended = [np.where(store.packets[half] > 0, store.last_row[half], -1) for half in (near, far)]
    last = np.where(ended[0] > ended[1], near, far)
    by_port = np.where(began[1] < began[0], PORT, FIRST_PACKET)
    return Listed(
        flows=flows,
        state=_states(store, flows, contexts, refused),
        opened_by=np.where(flows.known, HANDSHAKE, by_port),
        sums={name: (getattr(store, name)[near], getattr(store, name)[far]) for name in SUMS},
        first=Places(store.first_time[first], store.first_number[first], store.first_file[first]),
        last=Places(store.last_time[last], store.last_number[last], store.last_file[last]),
        macs=(store.mac[near], store.mac[far]),
        more_macs=more_macs,
    )


def _states(store: Store, flows: Oriented, contexts: Sequence[Context], refused: Collection[Refusal]) -> I64:
    """``states.state`` of all."""
    tcp = flows.proto == TCP
    mine: U8 = store.events[flows.near]
    theirs: U8 = store.events[flows.far]
    opened = (mine & OPENING != 0) | (theirs & ANSWERING != 0)
    silent = theirs & (ANSWERING | PLAIN | OPENING) == 0
    cases = {
        FlowState.MIDSTREAM: tcp & ~opened,
        FlowState.REFUSED: tcp & silent & (theirs & RESET != 0),
        FlowState.ATTEMPTED: np.where(tcp, silent & (mine & PLAIN == 0), store.packets[flows.far] == 0),
        FlowState.CLOSED: tcp & (mine & theirs & FINISH != 0),
        FlowState.RESET: tcp & ((mine | theirs) & RESET != 0),
        FlowState.PAYLOAD: flows.payload.sum(axis=1) > 0,
    }
    state: I64 = np.select(
        list(cases.values()), [STATES.index(kind) for kind in cases], STATES.index(FlowState.ESTABLISHED)
    )
    if refused:
        attempts = np.flatnonzero(state == ATTEMPTED)
        quoted = [asked in refused for asked in _refusals(flows, attempts, contexts)]
        state[attempts[quoted]] = STATES.index(FlowState.REFUSED)
    return state


def _refusals(flows: Oriented, which: I64, contexts: Sequence[Context]) -> Iterator[Refusal]:
    """By what unreachable messages quote these flows."""
    src, dst = flows.src.take(which), flows.dst.take(which)
    numbers = (flows.proto, flows.sport, flows.dport, flows.vlan)
    columns = (src.v6, src.high, src.low, dst.high, dst.low, *(column[which] for column in numbers))
    for v6, a_high, a_low, b_high, b_low, proto, sport, dport, context in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        tunnel = contexts[context][1]
        yield Refusal(v6, a_high << 64 | a_low, b_high << 64 | b_low, proto, sport, dport, tunnel)
