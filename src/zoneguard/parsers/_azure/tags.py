"""What service tags mean for the hosts of one subnet.

Microsoft Learn, «Virtual network service tags»: ``VirtualNetwork`` is the address space of the network, of peered and
connected ones, of on-premises networks behind its gateway, the prefixes of user-defined routes, and the host's address
168.63.129.16; ``Internet`` is what is outside it and reachable by the public Internet; ``AzureLoadBalancer`` is that
host's address. Every other tag stands for public prefixes that Microsoft changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.model.addresses import ALL_ADDRESSES, parse_address, parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, Not, Unknown, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cloud import union

PLATFORM = Intervals.of(parse_address("168.63.129.16"))
PRIVATE_BLOCKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10")
PRIVATE = union(parse_prefix(text) for text in PRIVATE_BLOCKS)
NAMES = {
    "virtualnetwork": "VirtualNetwork", "virtual_network": "VirtualNetwork", "internet": "Internet",
    "azureloadbalancer": "AzureLoadBalancer", "azure_loadbalancer": "AzureLoadBalancer",
}  # fmt: skip
"""The tags that the network itself decides, as they are written today and were."""


@dataclass(frozen=True, slots=True)
class Around:
    """The network as one subnet sees it: what ``VirtualNetwork`` surely holds, and what it may hold besides."""

    subnet: str
    space: Intervals
    sure: Intervals
    may: Intervals
    span: SourceSpan

    def tag(self, name: str, field: Field) -> Match | None:
        """``field`` has the tag ``name``; ``None`` for one that only Microsoft knows."""
        known = NAMES.get(name.lower())
        if known == "AzureLoadBalancer":
            return In(field, PLATFORM)
        if known == "VirtualNetwork":
            sure = In(field, self.sure | PLATFORM)
            return either(sure, both(In(field, self.may), self._may(field))) if self.may else sure
        parts: list[Match]
        if known == "Internet":
            outside = ALL_ADDRESSES - self.sure - PLATFORM
            public = outside - PRIVATE
            parts = [In(field, public - self.may)] if public - self.may else []
            parts += [both(In(field, public & self.may), Not(self._may(field)))] if public & self.may else []
            private = Unknown(
                Reason(
                    "{value} is in Internet of {subnet} ({file})",
                    value=field.value,
                    subnet=self.subnet,
                    file=self.span.file,
                ),
                self.span,
            )
            return either(*parts, both(In(field, outside & PRIVATE), private))
        return None

    def service(self, name: str, field: Field, span: SourceSpan) -> Match:
        """``field`` is of the service ``name``: some public prefix."""
        return both(
            In(field, ALL_ADDRESSES - self.space),
            Unknown(Reason("{value} has the service tag {name}", value=field.value, name=name), span),
        )

    def _may(self, field: Field) -> Unknown:
        return Unknown(
            Reason(
                "{value} is in VirtualNetwork of {subnet} ({file})",
                value=field.value,
                subnet=self.subnet,
                file=self.span.file,
            ),
            self.span,
        )
