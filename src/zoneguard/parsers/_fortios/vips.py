"""The table of FortiOS virtual IPs and groups of them. Overlapping VIPs are asked in the order of the table."""

from __future__ import annotations

from collections.abc import Mapping

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import NEVER, Match, either
from zoneguard.parsers._fortios.schema import LABEL, Schema, account, ignore
from zoneguard.parsers._fortios.vip_entry import REAL_SERVER, VIP, Vip, VipContext, VipEntry

VIP_GROUP = Schema(frozenset({"member"}), Concern.NAT, {"interface": LABEL})


class VipBook:
    """The VIPs of one family by name, and the groups of them."""

    def __init__(self, context: VipContext, v6: bool) -> None:
        suffix = "6" if v6 else ""
        ledger, scope = context.export.ledger, context.scope
        table, self._groups = scope.table(f"firewall vip{suffix}"), scope.table(f"firewall vipgrp{suffix}")
        self.vips: dict[str, Vip] = {}
        self._named: dict[tuple[str, ...], dict[str, Vip]] = {}
        account(ledger, self._groups, VIP_GROUP)
        account(ledger, table, VIP)
        for name, entry in table.entries.items():
            if "realservers" in entry.blocks:
                account(ledger, entry.blocks["realservers"], REAL_SERVER)
            if entry.word("type") == "dns-translation":
                ignore(ledger, entry, "rewrites DNS answers only")
            else:
                self.vips[name] = VipEntry(context, entry).vip()
        spans = (s for vip in self.vips.values() for part in (vip.external, vip.mapped) for s in part.spans)
        self.addresses = Intervals.from_spans(spans)
        """Outer and inner addresses of all VIPs."""

    def __contains__(self, name: str) -> bool:
        return name in self.vips or name in self._groups.entries

    def named(self, names: tuple[str, ...]) -> dict[str, Vip]:
        """The VIPs among ``names`` and in the groups among them; a group inside itself adds nothing."""
        if names not in self._named:
            found: dict[str, Vip] = {}
            queue = list(dict.fromkeys(names))
            seen = set(queue)
            for name in queue:
                if name in self.vips:
                    found[name] = self.vips[name]
                elif name in self._groups.entries:
                    members = [m for m in self._groups.entries[name].values("member") if m not in seen]
                    seen.update(members)
                    queue += members
            self._named[names] = found
        return self._named[names]


def translated(vips: Mapping[str, Vip]) -> Match:
    """The packet was rewritten by one of ``vips``."""
    return either(*(vip.translated for vip in vips.values())) if vips else NEVER
