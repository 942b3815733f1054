"""Memory of work that grows many values: without the cyclic garbage collector, and given back afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module


def collect_new() -> None:
    """Look for cycles among what was made since the last time, while the collector is paused, and nowhere else."""
    gc.collect(0)


def give_back() -> None:
    """Hand freed memory back to the system, where the C library keeps it for later (glibc)."""
    with suppress(AttributeError, OSError, TypeError):  # other systems have no such function
        import_module("ctypes").CDLL(None).malloc_trim(0)


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep the collector from walking a model again and again while it grows: a model has no cycles to find.

    What was made meanwhile counts as old afterwards. Also a decorator.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
