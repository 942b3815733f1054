"""What all tests share: hypothesis without a clock (machines are shared), and the way to the external corpus."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("shared"), derandomize=True)
settings.register_profile("long", settings.get_profile("shared"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "shared"))

COLLECTED_ABOVE = 1 << 30
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _bounded_memory() -> Iterator[None]:
    """Engines of finished tests lie in circles of references, and after a model has grown the collector rarely looks at
    what is old: a worker of many tests has to ask it."""
    yield
    if _resident() > COLLECTED_ABOVE:
        gc.collect()


def _resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The external corpus; the test is skipped where it is absent."""
    path = Path(os.environ.get("ZONEGUARD_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not path.is_dir():
        pytest.skip("no corpus: set ZONEGUARD_CORPUS to its folder")
    return path
