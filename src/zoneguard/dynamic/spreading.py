"""Work on several points over several processes: the results are those of one process, in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Given = TypeVar("Given")
Result = TypeVar("Result")


def spread(work: Callable[[Given], Result], items: Sequence[Given], jobs: int) -> Iterator[Result]:
    """``map(work, items)`` by up to ``jobs`` processes. ``work``, items and results can be pickled where there are more
    than one. The first error, in the order of the items, is raised."""
    if jobs < 2 or len(items) < 2:
        yield from map(work, items)
        return
    with _processes(min(jobs, len(items))) as pool:
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)


def ahead(
    work: Callable[[Given], Result], items: Iterable[Given], jobs: int, waiting: int
) -> Iterator[tuple[Given, Result | None]]:
    """Each item with what ``jobs`` processes make of it, in order; at most ``waiting`` items are taken ahead. An item
    that is the only one comes back alone: no process is started for it."""
    items = iter(items)
    begin = list(islice(items, 2))
    if len(begin) < 2:
        yield from ((item, None) for item in begin)
        return
    under_way: deque[tuple[Given, Future[Result]]] = deque()
    with _processes(jobs) as pool:
        try:
            for item in chain(begin, items):
                under_way.append((item, pool.submit(work, item)))
                if len(under_way) > waiting:
                    done, future = under_way.popleft()
                    yield done, future.result()
            for done, future in under_way:
                yield done, future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _processes(jobs: int) -> ProcessPoolExecutor:
    """So many of them, each a new one."""
    import multiprocessing  # noqa: PLC0415  # most runs need none of this
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))
