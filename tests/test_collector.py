"""Memory is given back where the C library can, and nothing happens where it cannot."""

from __future__ import annotations

import ctypes
import gc

import pytest

from zoneguard.collector import give_back, paused_collector


class Recorded:
    """A C library that knows the function."""

    def __init__(self) -> None:
        self.kept: list[int] = []

    def malloc_trim(self, kept: int) -> int:
        self.kept.append(kept)
        return 1


def test_freed_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Recorded()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    give_back()
    assert library.kept == [0]


@pytest.mark.parametrize("problem", [AttributeError, OSError, TypeError])
def test_other_systems_have_no_such_function(problem: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: None) -> Recorded:
        raise problem

    monkeypatch.setattr(ctypes, "CDLL", none)
    give_back()


def test_the_collector_rests_meanwhile() -> None:
    assert gc.isenabled()
    with paused_collector():
        assert not gc.isenabled()
    assert gc.isenabled()
