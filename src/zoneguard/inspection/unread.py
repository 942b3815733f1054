"""A flow that carried something nobody here reads: its direction and volume, and nothing else."""

from __future__ import annotations

from zoneguard.model.addresses import endpoint_text
from zoneguard.model.flows import Certainty, Flow, Transfer
from zoneguard.model.text import N_, Text

UNREAD = "unknown"


def unrecognised(flow: Flow) -> Transfer:
    """Content of ``flow`` in a protocol that no reader recognises."""
    sent, received = flow.payload
    return _session(flow, N_("no protocol is recognised: {sent} bytes sent, {received} received",
                             sent=sent, received=received))  # fmt: skip


def failed(flow: Flow, protocol: str, error: Exception) -> Transfer:
    """What the reader of ``protocol`` had not yet read of ``flow`` when it failed."""
    return _session(flow, N_("the reader {family} failed: {error}", family=protocol, error=repr(error)[:200]))


def _session(flow: Flow, reason: Text) -> Transfer:
    """Opaque, in the direction of the larger volume; sizes as on the wire, what was sent twice counted twice."""
    sent, received = flow.payload
    ends = f"{endpoint_text(flow.src, flow.sport)}-{endpoint_text(flow.dst, flow.dport)}"
    return Transfer(
        key=f"{flow.first}:{ends}/{len(flow.tunnel)}/{UNREAD}-{flow.proto}",  # a frame may hold flows inside flows
        flow=flow,
        protocol=UNREAD,
        kind="session",
        to_responder=sent > received,
        frames=tuple(dict.fromkeys((flow.first, flow.last))),
        certainty=Certainty.OPAQUE,
        reason=reason,
        size=sent + received,
        facts=(("sent", str(sent)), ("received", str(received))),
    )
