"""The main job: inputs → both halves → checks → verdicts → one Report."""

from __future__ import annotations

from zoneguard.audit.inputs import input_file, load_devices
from zoneguard.audit.redacting import redacted
from zoneguard.audit.running import REACHABILITY, Looking, examine, run

__all__ = ["REACHABILITY", "Looking", "examine", "input_file", "load_devices", "redacted", "run"]
