"""Contents that a run has examined: a file mailed to many, or seen before and behind a sanitizer, is read once."""

from __future__ import annotations

from collections import OrderedDict

from zoneguard.inspection import Budget, Content, Limits
from zoneguard.inspection.examining import Examined, examine

ROOM = 32 << 20
LARGEST = ROOM >> 2  # one content with its members; a larger one is examined each time

_Key = tuple[Content, Limits]  # the very bytes, name, claimed type: nothing else decides what is seen in a content


class Known:
    """At most ``room`` bytes of contents, those that were asked for last."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._size = 0
        self._seen: OrderedDict[_Key, tuple[Examined, tuple[int, int], int]] = OrderedDict()

    def examine(self, content: Content, budget: Budget) -> Examined:
        """As ``examining.examine``; what was seen before costs of ``budget`` what it cost then."""
        key = (content, budget.limits)
        if (found := self._seen.get(key)) is not None and budget.pay(*found[1]):
            self._seen.move_to_end((found[0].content, budget.limits))  # that object itself: nothing is compared again
            return found[0]
        before = budget.left
        examined = examine(content, budget)
        if found is None and budget.spent is None:
            self._keep(key, examined, (before[0] - budget.left[0], before[1] - budget.left[1]))
        return examined

    def _keep(self, key: _Key, examined: Examined, cost: tuple[int, int]) -> None:
        size = _size(examined)
        if size > min(LARGEST, self._room):
            return
        self._seen[key] = (examined, cost, size)
        self._size += size
        while self._size > self._room:
            _, (_, _, freed) = self._seen.popitem(last=False)
            self._size -= freed


def _size(examined: Examined) -> int:
    return len(examined.content.data) + sum(map(_size, examined.members))
