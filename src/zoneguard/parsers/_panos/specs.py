"""The words in which the schema of a PAN-OS configuration is written, and why parts have no effect on forwarding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneguard.model.device import Concern

LABEL = "label, colour or identifier"
LOGGING = "logging and reports"
CONTENT = "inspects the content of admitted sessions; it can only take away"
SHAPING = "shaping and marking of admitted traffic"
SESSIONS = "handling of sessions that a policy admitted"
HARDWARE = "hardware offloading and link settings"
ACCOUNTS = "accounts and certificates"
MANAGEMENT = "management of the device itself"
SERVERS = "servers that the device runs for hosts"
TUNNELS = "how a tunnel is set up; what enters it is decided by routes and policies"
FLOODS = "drops only floods and anomalies"
PROTOCOL = "how a routing protocol works; that it learns routes is reported where it is enabled"
PROBES = "changes routes only while a probe fails"
MULTICAST = "routes multicast only"
CLUSTER = "cluster of members with one configuration"
SHARING = "how equal routes share the load: each of them is held possible"
TIMES = "times of a schedule: rules that name it are held open"
DECRYPTION = "decrypts admitted sessions"
LAYER2 = "ports of one segment or of a wire: that they are not followed is reported where they are configured"
PANORAMA = "what Panorama keeps of the devices that it manages"
LISTS = "where a list is fetched from: what it holds is not in the file"
NAMES = "names and settings for resolving names"


@dataclass(frozen=True, slots=True)
class Spec:
    """Of one node: ``below`` its children by name, ``each`` any other; ``whole``: all below is read; ``reason``: all
    below is without effect. What neither names is not known and could change ``concern`` (the nearest above that is
    given); ``bounded``: the reader holds it as a condition that cannot be decided. ``depth``: how many words may stand
    one below the other in what is read, 0: any number."""

    below: Mapping[str, Spec] = field(default_factory=dict)
    each: Spec | None = None
    whole: bool = False
    reason: str = ""
    concern: Concern | None = None
    bounded: bool = False
    depth: int = 0


READ = Spec(whole=True)


def ignored(**reasons: str) -> dict[str, Spec]:
    """``REASON="name other-name"`` for each reason, by the name of its constant."""
    return {name: Spec(reason=globals()[reason]) for reason, names in reasons.items() for name in names.split()}


def read(names: str) -> dict[str, Spec]:
    """Parts by name, all below each is read."""
    return dict.fromkeys(names.split(), READ)


def plain(names: str, depth: int = 1) -> dict[str, Spec]:
    """Settings by name: a value or a list of values, nothing below them."""
    return dict.fromkeys(names.split(), Spec(whole=True, depth=depth))


def table(each: Spec) -> Spec:
    """Entries by names of their own."""
    return Spec(each=each)


TEXT = ignored(LABEL="description comment comments tag group-tag uuid color id loc display-name policy-id")
