"""VLANs and tunnels of packets, numbered as they come up."""

from __future__ import annotations

from zoneguard.model.text import N_

MAX_CONTEXTS = 1 << 16
CROWDED = str(N_("more different VLANs and tunnels than are told apart"))

Context = tuple[tuple[int, ...], tuple[str, ...]]


class Contexts:
    """``known`` says what the numbers mean: VLANs and tunnels, outermost first. ``crowd`` is the number that all share
    beyond the bound, or -1 as long as it is not reached."""

    def __init__(self) -> None:
        self.known: list[Context] = [((), ())]
        self.crowd = -1
        self._numbers: dict[Context, int] = {((), ()): 0}

    def number(self, vlans: tuple[int, ...], tunnel: tuple[str, ...] = ()) -> int:
        """The number of these VLANs and tunnels."""
        context = (vlans, tunnel)
        number = self._numbers.get(context)
        if number is None:
            if len(self.known) >= MAX_CONTEXTS:
                return self.crowd
            number = self._numbers[context] = len(self.known)
            self.known.append(context)
            if number == MAX_CONTEXTS - 2:
                self.crowd = number + 1
                self.known.append(((), (CROWDED,)))
        return number
