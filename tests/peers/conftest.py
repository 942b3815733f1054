"""The estate that tests of real peers talk in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.estate import Estate, estate


@pytest.fixture
def peers() -> Iterator[Estate]:
    """An estate of its own for each test."""
    with estate() as made:
        yield made
