"""What a parsed firewall does with one packet, by the independent interpreter."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Device
from zoneguard.model.packet import Packet
from zoneguard.static.trace import Outcome, StepResult, run_vrf

PROTOCOLS = {
    "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "icmp6": 58, "ospf": 89, "sctp": 132,
}  # fmt: skip


def packet(text: str, **fields: int) -> Packet:
    """``10.1.0.5 > 10.2.0.5 tcp/443`` (or ``icmp/8``, ``esp``)."""
    src, _, dst, what = text.split()
    name, _, number = what.partition("/")
    made = Packet(parse_address(src), parse_address(dst), PROTOCOLS[name])
    if name.startswith("icmp"):
        made = replace(made, icmp=int(number or 0) << 8)
    elif number:
        made = replace(made, sport=50000, dport=int(number), flags=2 if name == "tcp" else 0)
    return replace(made, **fields)


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of packets through one context of a device: ``main``, if a run names no other."""

    main: str

    def result(self, found: Device, ingress: str, text: str, vrf: str = "", **fields: int) -> StepResult:
        """Every way that the packet ``text`` may take."""
        return run_vrf(found, vrf or self.main, ingress, packet(text, **fields))

    def goes(self, found: Device, ingress: str, text: str, vrf: str = "", **fields: int) -> str:
        """The interface by which the packet leaves, or the context it moves to; ``local``, ``deny``, ``blackhole``,
        ``no-route``; ``may`` where that is open."""
        step = self.result(found, ingress, text, vrf, **fields)
        if step.outcome is Outcome.UNDETERMINED:
            return "may"
        ways = {w.egress or f"into {w.into}" if w.outcome is Outcome.FORWARD else w.outcome.value for w in step.may}
        return "|".join(sorted(ways))

    def becomes(self, found: Device, ingress: str, text: str, vrf: str = "", **fields: int) -> str:
        """The packet as it leaves, ``source > destination``, with the destination's port where it has one."""
        (way,) = self.result(found, ingress, text, vrf, **fields).may
        pools = dict(way.pools)
        src = "|".join(sorted(map(format_address, pools.get("src", [way.packet.src]))))  # type: ignore[call-overload]
        dst = "|".join(sorted(map(format_address, pools.get("dst", [way.packet.dst]))))  # type: ignore[call-overload]
        return f"{src} > {dst}" + (f":{way.packet.dport}" if way.packet.dport else "")

    def decided_by(self, found: Device, ingress: str, text: str, vrf: str = "") -> str:
        """The name of the rule that let the packet pass or dropped it."""
        (way,) = self.result(found, ingress, text, vrf).may
        return [d.name for d in way.decisions if d.kind in ("rule", "default")][-1]
