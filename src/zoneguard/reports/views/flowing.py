"""The flow table for people: one flow a line."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.addresses import endpoint_text, format_address
from zoneguard.model.flows import Flow
from zoneguard.model.text import N_
from zoneguard.reports._page import Page, pad
from zoneguard.reports._values import moment, protocol_text


def write_flows(page: Page, flows: Iterable[Flow]) -> None:
    """Time, protocol, ends, state, packets and bytes each way, and the first frame."""
    shown = [(flow, _ends(flow)) for flow in flows]
    width = min(max((len(ends) for _, ends in shown), default=0), 60)
    for flow, ends in shown:
        counts = N_(
            "{packets}/{packets_back} packets, {bytes}/{bytes_back} bytes",
            packets=flow.packets[0],
            packets_back=flow.packets[1],
            bytes=flow.bytes[0],
            bytes_back=flow.bytes[1],
        )
        tunnel = f"  in {' > '.join(flow.tunnel)}" if flow.tunnel else ""
        page.line(
            page.paint(f"{moment(flow.first.time)}  {pad(protocol_text(flow.proto), 6)} ")
            + page.paint(pad(ends, width), "bold")
            + page.paint(f"  {pad(flow.state.value, 11)} {page.say(counts)}  {flow.first}{tunnel}")
        )


def _ends(flow: Flow) -> str:
    return f"{_end(flow.src, flow.sport)} > {_end(flow.dst, flow.dport)}"


def _end(address: int, port: int) -> str:
    return endpoint_text(address, port) if port else format_address(address)
