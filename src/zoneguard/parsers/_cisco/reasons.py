"""Why a command cannot change what is forwarded; the same sentences for every system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zoneguard.model.text import Reason

MANAGEMENT = "management of the device itself"
LAYER_TWO = "layer 2: concerns frames within a VLAN or a link"
FOR_ROUTING = "used by routing protocols only"
QUALITY = "quality of service: order and rate of packets"
MULTICAST = Reason("multicast")
OWN_PACKETS = "concerns packets that the router itself sends or answers"
TAKES_AWAY = "may only take away from what is forwarded"
DEFINED_ONLY = "takes effect where it is applied; that is reported there"
TUNNEL = "how a tunnel is carried; what goes through it is modelled by its inner addresses"
OPTIMISATION = "how packets are handled inside the router"
VOICE = Reason("telephony")
COUNTS = "counts or logs only"
PROTOCOL = "settings of a routing protocol; that it runs is reported at its first line"
BETWEEN_VRFS = "BGP without neighbours: it only takes routes from one VRF to another, which is in the model"
IDLE_PROTOCOL = "a routing protocol without networks or neighbours"
UNKNOWN_COMMAND = "this command is not known"


def by_word(*rows: tuple[str, str]) -> dict[str, str]:
    """Word → reason, from rows of a reason and words."""
    return {word: reason for reason, words in rows for word in words.split()}


def why(words: Sequence[str], tables: Mapping[str, Mapping[str, str]], others: Mapping[str, str]) -> str:
    """The reason why a command does not matter: by its second word in the table of its first, else by its first; ``""``
    where it is not known."""
    first, second = (*words, "", "")[:2]
    return tables[first].get(second, "") if first in tables else others.get(first, "")
