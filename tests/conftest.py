"""What all tests share: hypothesis without a clock (machines are shared), and the way to the external corpus."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("shared"), derandomize=True)
settings.register_profile("long", settings.get_profile("shared"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "shared"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The external corpus; the test is skipped where it is absent."""
    path = Path(os.environ.get("ZONEGUARD_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not path.is_dir():
        pytest.skip("no corpus: set ZONEGUARD_CORPUS to its folder")
    return path
