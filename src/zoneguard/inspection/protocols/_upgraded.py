"""What a dialogue says when both sides go on in something that is not read: TLS, or compressed."""

from __future__ import annotations

from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._tls_hello import session_facts
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty
from zoneguard.model.text import N_


def record_upgraded(recorder: Recorder, how: str, asking: Track, sent_at: int, answering: Track, got_at: int) -> None:
    """One opaque session: what both sides said behind these offsets, agreed by the command ``how``."""
    sent, received = asking.data[sent_at:], answering.data[got_at:]
    facts = session_facts(sent, received)
    reason = N_(
        "encrypted or compressed behind {command}: {sent} bytes sent, {received} received; server name {sni}",
        command=how, sent=len(sent), received=len(received), sni=dict(facts).get("sni", "-"),
    )  # fmt: skip
    carriage = Carriage(answering.stream.to_responder, session_ends(asking, answering))
    recorder.session("session", Certainty.OPAQUE, reason, carriage, size=len(sent) + len(received), facts=facts)
