"""Systems that no parser reads and whose command line looks like Cisco's: what they write and Cisco does not."""

from __future__ import annotations

import re

from zoneguard.parsers import Source

_SIGNS = re.compile(
    r"; \S+ Configuration Editor;"  # ArubaOS-Switch, ProCurve
    r"|!! IOS XR Configuration"
    r"|! device: \S+ \(.*\bEOS-"  # Arista
    r"|\s*sysname \S+$"  # Comware, Huawei VRP
    r"|#.* by RouterOS "
)
_HEAD = 100


def is_another_system(source: Source) -> bool:
    """Whether the first lines are of a system that is not read: half of it would be understood, and lists be lost."""
    return any(_SIGNS.match(line) for line in source.own[:_HEAD])
