"""Tunnels of a Yamaha router (Yamaha, command reference, chapters on tunnelling and IPsec).

``ipsec tunnel`` inside of ``tunnel select`` encrypts, whatever else the tunnel encapsulates, where the policy that it
names has ``esp``; ``ah`` alone does not. Other encapsulations (``ipip``, ``ipudp``, ``l2tp``, ``pptp``) can be read
or are as good as readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneguard.model.addresses import address_or_none
from zoneguard.model.settings import Tunnel
from zoneguard.parsers._yamaha.config import Port
from zoneguard.parsers._yamaha.lines import Command


@dataclass(slots=True)
class Built:
    """How one tunnel is built: its IPsec policy, its encapsulation, its far end, as written."""

    policy: str = ""
    encapsulation: str = ""
    peer: str = ""


@dataclass(slots=True)
class Tunnels:
    """What commands say of tunnels, by their numbers; ``policies``: IPsec policy → the words of its protocol."""

    here: str = ""
    built: dict[str, Built] = field(default_factory=dict)
    policies: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, command: Command) -> None:
        """Note what the command says."""
        words = command.words
        if words[:2] in (("tunnel", "select"), ("pp", "select")):
            self.here = words[2] if words[0] == "tunnel" and words[2:3] not in ((), ("none",)) else ""
        elif words[:3] == ("ipsec", "sa", "policy") and len(words) > 4:
            self.policies[words[3]] = words[4:]
        elif self.here and len(words) > 2:
            self._inside(words, self.built.setdefault(self.here, Built()))

    @staticmethod
    def _inside(words: tuple[str, ...], built: Built) -> None:
        if words[:2] == ("ipsec", "tunnel"):
            built.policy = words[2]
        elif words[:2] == ("tunnel", "encapsulation"):
            built.encapsulation = words[2]
        elif words[:3] in (("tunnel", "endpoint", "address"), ("tunnel", "endpoint", "name")) and len(words) > 3:
            built.peer = words[-1]
        elif words[:4] == ("ipsec", "ike", "remote", "address") and len(words) > 5:
            built.peer = words[5]

    def found(self, ports: Mapping[str, Port]) -> tuple[Tunnel, ...]:
        """The tunnels that are in use."""
        found = []
        for number, built in self.built.items():
            port = ports.get(f"tunnel{number}")
            leads = built.policy or built.encapsulation not in ("", "map-e")  # MAP-E is a line to the Internet
            if port is not None and port.started is not False and leads:
                found.append(Tunnel(port.name, port.span, self._encrypted(built), address_or_none(built.peer)))
        return tuple(found)

    def _encrypted(self, built: Built) -> bool | None:
        if not built.policy:
            return False
        policy = self.policies.get(built.policy)
        return None if policy is None else "esp" in policy and "null" not in policy
