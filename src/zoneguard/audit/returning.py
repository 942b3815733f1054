"""Sessions that leave a zone by their addresses alone: a device hands them back into it (hairpin NAT).

A host asks for the address under which a server of its own zone is published, in whatever zone that lies; the device
translates the destination, and the session ends where it began. By the configurations it crosses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from zoneguard.checks._forms import forms_of, rewritten_part
from zoneguard.checks._holding import held_flows
from zoneguard.dynamic.columns import I64
from zoneguard.dynamic.traffic import Traffic
from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Device, Translate
from zoneguard.model.match import Field
from zoneguard.static.reachability import Network


def returned(network: Network, devices: Iterable[Device], possible: Iterable[Crossing], traffic: Traffic) -> I64:
    """The positions of crossing flows that some device hands back for certain, and that cannot cross otherwise."""
    asked = traffic.crossing & traffic.got_through
    if asked.any() and any(map(_redirects, devices)):
        asked &= ~held_flows(forms_of(network.space, (c.packets.may() for c in possible)), traffic, asked)
        if asked.any():
            back = (rewritten_part(c.packets.must()) for c in network.staying())
            return np.flatnonzero(held_flows(forms_of(network.space, back), traffic, asked))
    return np.zeros(0, np.int64)


def _redirects(device: Device) -> bool:
    stages = (stage for vrf in device.vrfs for stage in vrf.stages)
    return any(isinstance(stage, Translate) and stage.field is Field.DST and stage.rules.rules for stage in stages)
