"""RDP: one screen session a conversation, with the side channels that were opened, where they can be seen.

With RDP's own security the conference data names the channels, and how much went by each can be seen; behind TLS or
CredSSP nothing is named, so nothing is said to be absent. Clients open the channels of devices and of sound in every
session, so it is devices that are offered, dynamic channels by their names, and bytes, that count; where these cannot
be seen the channel is open and no more is known. The direction is that of the screen: from server to client.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._rdp_channels import TO_CLIENT, TO_SERVER, Carried, carried, devices, dynamic
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

_CLIPBOARD, _DEVICES, _SOUND, _DYNAMIC = "cliprdr", "rdpdr", "rdpsnd", "drdynvc"
_UNENCRYPTED = 0
_OF_THE_SCREEN = frozenset(
    f"Microsoft::Windows::RDS::{name}"
    for name in (
        "Graphics", "DisplayControl", "Geometry::v08.01", "Video::Control::v08.01", "Video::Data::v08.01", "Input",
        "CoreInput", "MouseCursor",
    )
)  # fmt: skip
"""Dynamic channels that carry pictures, keys and pointers."""
_AGREED = 4096
"""Bytes that a client without devices never sends: what both sides say before is a few hundred."""


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
        if rest := len(client.data) + len(server.data) - asked.end - answered.end:
            certainty = Certainty.OPAQUE
            reason = N_("{size} bytes are nothing that {protocol} says", size=rest, protocol="RDP")
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
    open_ones = [c for c in conference.channels if c.number != 0]
    numbers = {c.number for c in open_ones if c.number is not None}
    traffic = _Traffic(
        Track(client),
        Track(server),
        carried(Track(client), asked.end, TO_SERVER, numbers),
        carried(Track(server), answered.end, TO_CLIENT, numbers),
        conference.encryption == _UNENCRYPTED,
    )
    volumes = (f"{c.name} {traffic.sizes(c)[0]}/{traffic.sizes(c)[1]}" for c in open_ones)
    facts.append(("carried", ",".join(volumes)))
    hazards += (hazard for channel in open_ones if (hazard := _hazard(channel, traffic)) is not None)
    return Certainty.OPAQUE, N_("its channels are known, what they carried is not read")


@dataclass(frozen=True, slots=True)
class _Traffic:
    """What both sides sent by channels; ``clear``: nothing encrypts it."""

    client: Track
    server: Track
    sent: Carried
    received: Carried
    clear: bool

    def sizes(self, channel: Channel) -> tuple[int, int]:
        """Bytes to the server and to the client."""
        return self.sent.size(channel.number or -1), self.received.size(channel.number or -1)

    def used_for(self, channel: Channel) -> list[str] | None:
        """The devices that the client offers by the channel, or the dynamic channels beside the screen that it opens;
        ``None`` where that cannot be read, ``[]`` where it is none."""
        number = channel.number or -1
        if not self.clear:
            return None
        if channel.name.lower() == _DEVICES:
            return devices(self.client, self.sent, number)
        if channel.name.lower() == _DYNAMIC:
            names = dynamic(self.server, self.received, number)
            return names and [name for name in names if name not in _OF_THE_SCREEN]
        return None

    def unused(self, channel: Channel) -> bool:
        """Whether the whole session is seen and nothing went by the channel, or nothing that counts."""
        whole = self.sent.whole and self.received.whole and channel.number is not None
        return whole and (not any(self.sizes(channel)) or self.used_for(channel) == [])


def _hazard(channel: Channel, traffic: _Traffic) -> Hazard | None:
    """What the open channel is, where it is one beside the screen and not known to be unused."""
    name, (sent, received) = channel.name.lower(), traffic.sizes(channel)
    where = f"channel {channel.name}"
    opened = "asked for" if channel.number is None else f"opened as {channel.number}"
    volumes = f"{opened}, {sent} bytes sent, {received} received"
    if name == _CLIPBOARD:
        return Hazard("clipboard", where, opened)
    if name not in (_DEVICES, _SOUND, _DYNAMIC) or traffic.unused(channel):
        return None
    told = ", ".join(dict.fromkeys(traffic.used_for(channel) or ()))
    if name == _DYNAMIC:
        return Hazard("dynamic-channels", where, told or opened)
    if name == _DEVICES and (told or sent > _AGREED):
        return Hazard("drive-redirection", where, told or volumes)
    if name == _SOUND and (sent or received):
        return Hazard("sound-redirection", where, volumes)
    return Hazard("open-channel", where, opened)


PLUGIN = Protocol("rdp", "Remote Desktop (RDP)", recognise, inspect)
