"""CPU seconds and peak memory of phases, as a table on stdout."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager


def peak() -> float:
    """The largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Print what the block under it takes."""
    begin = time.process_time()
    yield
    print(f"  {name:<42}{time.process_time() - begin:8.2f} s  peak {peak():7.0f} MB", flush=True)
