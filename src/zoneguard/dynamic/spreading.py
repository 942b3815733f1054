"""Work on several points over several processes: the results are those of one process, in the same order."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


def spread(work: Callable[[Given], Result], items: Sequence[Given], jobs: int) -> Iterator[Result]:
    """``map(work, items)`` by up to ``jobs`` processes. ``work``, items and results can be pickled where there are more
    than one. The first error, in the order of the items, is raised."""
    if jobs < 2 or len(items) < 2:
        yield from map(work, items)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(items)), context) as pool:
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)
