"""Zones of which captures show nothing: where captures alone are to decide, nothing is known of them."""

from __future__ import annotations

from collections.abc import Collection

from zoneguard.checks import Case
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass


def not_shown(case: Case, classes: Collection[ZoneClass]) -> Text | None:
    """That no capture shows a flow of some zone of ``classes``; ``None`` where each is seen, and where nothing was
    captured."""
    traffic = case.traffic
    if traffic is None:
        return None
    asked = [(number, zone.name) for number, zone in enumerate(traffic.zones) if zone.zone_class in classes]
    missing = [name for n, name in asked if not ((traffic.source == n) | (traffic.target == n)).any()]
    return N_("no capture shows a packet of {zones}.", zones=", ".join(missing)) if missing else None


def undecided_by_captures(case: Case, classes: Collection[ZoneClass]) -> Text | None:
    """``not_shown`` where no configuration decides what may pass."""
    return not_shown(case, classes) if case.static is None else None
