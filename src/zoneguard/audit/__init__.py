"""The main job: inputs → both halves → checks → verdicts → one Report."""

from __future__ import annotations

from zoneguard.audit.inputs import load_devices
from zoneguard.audit.running import examine, run

__all__ = ["examine", "load_devices", "run"]
