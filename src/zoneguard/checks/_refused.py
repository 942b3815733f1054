"""Flows that a reset alone answers: their host refused them, or a device on the way that rejects, in its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.model.device import Deny, Device, Filter, Rule

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic


def doubtful(case: Case, traffic: Traffic, found: Bool) -> Bool:
    """Which of the flows found to have got through may have been stopped by a device that answers with a reset: no
    configuration lets them pass, some device of the project rejects, and no other flow of these hosts and service
    shows that they get through."""
    from zoneguard.checks._holding import held_flows  # noqa: PLC0415 (it needs NumPy)

    refused = found & traffic.refused & ~traffic.there
    if case.static is None or not refused.any() or not any(map(_rejects, case.static.devices)):
        return traffic.at(())
    stopped = refused & ~held_flows(case.possible_forms, traffic, refused)
    return found & ~traffic.alike(found, found & ~stopped)


def _rejects(device: Device) -> bool:
    """Whether some filter of the device answers what it denies."""
    lists = [s.rules for vrf in device.vrfs for s in vrf.stages if isinstance(s, Filter)]
    lists += [rules for vrf in device.vrfs for rules in vrf.lists.values()]
    actions = (rule.action for rules in lists for rule in rules.rules if isinstance(rule, Rule))
    return any(isinstance(action, Deny) and action.reject for action in (*actions, *(rules.default for rules in lists)))
