"""RDP: one screen session a conversation, with the side channels that were opened, where they can be seen.

With RDP's own security the conference data names the channels; behind TLS or CredSSP nothing is named, so nothing is
said to be absent. What the channels carried is not read. The direction is that of the screen: from server to client.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._rdp_connection import (
    SECURITY,
    STANDARD,
    Channel,
    Confirm,
    Request,
    read_conference,
    read_confirm,
    read_request,
)
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._tls_hello import session_facts
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Hazard, Stream, Transfer
from zoneguard.model.text import N_, Text

_SIDE_CHANNELS = {
    "rdpdr": "drive-redirection",
    "cliprdr": "clipboard",
    "rdpsnd": "sound-redirection",
    "drdynvc": "dynamic-channels",
}


def recognise(conversation: Conversation) -> float:
    """By the connection request and confirm that RDP's clients and servers send."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    asked, answered = read_request(client), read_confirm(server)
    if asked is None and (client or answered is None):
        return 0.0
    if asked is not None and (asked.requested is not None or asked.cookie):
        return 0.97 if answered is not None or not server else 0.7
    return 0.6


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session; its hazards are the channels beside the screen."""
    client, server = sides(conversation, _score)
    asked, answered = read_request(client.data) or Request(0), read_confirm(server.data) or Confirm(0)
    hazards: list[Hazard] = []
    facts = [("cookie", asked.cookie)] if asked.cookie else []
    if answered.failure is not None:
        certainty, reason = Certainty.INSPECTED, N_("declined by the server (code {code})", code=answered.failure)
    elif answered.selected == STANDARD and (server.data or asked.requested in (None, STANDARD)):
        facts.append(("security", "standard"))
        certainty, reason = _standard(client, server, asked, answered, hazards, facts)
    else:
        security = SECURITY.get(answered.selected, hex(answered.selected)) if server.data else "negotiated"
        facts += [("security", security), *session_facts(client.data[asked.end :], server.data[answered.end :])]
        certainty = Certainty.OPAQUE
        reason = N_("encrypted ({security}): its channels cannot be seen", security=security)
    facts += [("sent", str(len(client.data))), ("received", str(len(server.data)))]
    recorder = Recorder(conversation, "rdp")
    carriage = Carriage(server.to_responder, session_ends(Track(client), Track(server)))
    size = len(client.data) + len(server.data)
    return [recorder.session("screen", certainty, reason, carriage, size=size, hazards=hazards, facts=facts)]


def _standard(
    client: Stream,
    server: Stream,
    asked: Request,
    answered: Confirm,
    hazards: list[Hazard],
    facts: list[tuple[str, str]],
) -> tuple[Certainty, Text]:
    """RDP's own security: channels are named in clear."""
    conference = read_conference(client.data[asked.end :], server.data[answered.end :])
    damaged = Track(client).damaged(0, asked.end + 4096) or Track(server).damaged(0, answered.end + 4096)
    if conference is None or damaged:
        return Certainty.PARTIAL, N_("the data that names its channels is not in the capture")
    if conference.client_name:
        facts.append(("client-name", conference.client_name))
    facts.append(("channels", ",".join(c.name for c in conference.channels)))
    hazards += [_hazard(c) for c in conference.channels if c.number != 0 and c.name.lower() in _SIDE_CHANNELS]
    return Certainty.OPAQUE, N_("its channels are known, what they carried is not read")


def _hazard(channel: Channel) -> Hazard:
    answer = "asked for" if channel.number is None else f"opened as {channel.number}"
    return Hazard(_SIDE_CHANNELS[channel.name.lower()], f"channel {channel.name}", answer)


PLUGIN = Protocol("rdp", "Remote Desktop (RDP)", recognise, inspect)
