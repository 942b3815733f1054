"""RDP: one screen session a conversation, with the side channels that were opened, where they can be seen.

With RDP's own security the conference data names the channels, and how much went by each can be seen; behind TLS or
CredSSP nothing is named, so nothing is said to be absent. Where nothing is encrypted, what went by the clipboard and by
devices is carved as well; keys of RDP's own encryption come from secrets of the server, which no capture shows. Clients
open the channels of devices and of sound in every session, so it is devices that are offered, dynamic channels by their
names, and bytes, that count; where these cannot be seen the channel is open and no more is known. The direction is
that of the screen: from server to client.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._rdp_channels import (
    NONE,
    TO_CLIENT,
    TO_SERVER,
    Carried,
    Message,
    carried,
    dynamic,
    in_order,
    messages,
)
from zoneguard.inspection.protocols._rdp_clipboard import Clipboard
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
from zoneguard.inspection.protocols._rdp_devices import Devices
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._tls_hello import session_facts
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Hazard, Transfer
from zoneguard.model.text import N_, Text

_CLIPBOARD, _DEVICES, _SOUND, _DYNAMIC = "cliprdr", "rdpdr", "rdpsnd", "drdynvc"
_OF_THE_SCREEN = frozenset(
    f"Microsoft::Windows::RDS::{name}"
    for name in (
        "Graphics", "DisplayControl", "Geometry::v08.01", "Video::Control::v08.01", "Video::Data::v08.01", "Input",
        "CoreInput", "MouseCursor",
    )
)  # fmt: skip
"""Dynamic channels that carry pictures, keys and pointers."""
_PROGRAMS = "rail"
"""The static channel by which windows of single programs are placed (MS-RDPERP)."""
_TOLD = 20  # things that one channel was used for
_STRAY = 256  # bytes of packets that are nothing known
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
    """The session, whose hazards are the channels beside the screen; then what they carried."""
    client, server = (Track(stream) for stream in sides(conversation, _score))
    asked, answered = read_request(client.data) or Request(0), read_confirm(server.data) or Confirm(0)
    hazards: list[Hazard] = []
    facts = [("cookie", asked.cookie)] if asked.cookie else []
    recorder = Recorder(conversation, "rdp")
    if answered.failure is not None:
        certainty, reason = Certainty.INSPECTED, N_("declined by the server (code {code})", code=answered.failure)
        if rest := len(client.data) + len(server.data) - asked.end - answered.end:
            certainty = Certainty.OPAQUE
            reason = N_("{size} bytes are nothing that {protocol} says", size=rest, protocol="RDP")
    elif answered.selected == STANDARD and (server.data or asked.requested in (None, STANDARD)):
        facts.append(("security", "standard"))
        traffic = _standard(recorder, client, server, asked.end, answered.end)
        certainty, reason = traffic.certainty, traffic.reason
        hazards, facts = traffic.hazards, facts + traffic.facts
    else:
        security = SECURITY.get(answered.selected, hex(answered.selected)) if server.data else "negotiated"
        facts += [("security", security), *session_facts(client.data[asked.end :], server.data[answered.end :])]
        certainty = Certainty.OPAQUE
        reason = N_("encrypted ({security}): its channels cannot be seen", security=security)
    facts += [("sent", str(len(client.data))), ("received", str(len(server.data)))]
    carriage = Carriage(server.stream.to_responder, session_ends(client, server))
    size = len(client.data) + len(server.data)
    screen = recorder.session("screen", certainty, reason, carriage, size=size, hazards=hazards, facts=facts)
    return [screen, *recorder.transfers[:-1]]


@dataclass(slots=True)
class _Session:
    """What is said of a session under RDP's own security."""

    certainty: Certainty
    reason: Text
    hazards: list[Hazard] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)


def _standard(recorder: Recorder, client: Track, server: Track, asking: int, answering: int) -> _Session:
    """RDP's own security: channels are named in clear. What both say begins at these offsets."""
    conference = read_conference(client.data[asking:], server.data[answering:])
    damaged = client.damaged(0, asking + 4096) or server.damaged(0, answering + 4096)
    if conference is None or damaged:
        return _Session(Certainty.PARTIAL, N_("the data that names its channels is not in the capture"))
    opened = [c for c in conference.channels if c.number != 0]
    numbers = {c.number for c in opened if c.number is not None}
    traffic = _Traffic(
        recorder,
        client,
        server,
        carried(client, asking, TO_SERVER, numbers, conference.own),
        carried(server, answering, TO_CLIENT, numbers, conference.own),
        conference.encryption,
    )
    session = _Session(*traffic.doubt(opened))
    if conference.client_name:
        session.facts.append(("client-name", conference.client_name))
    session.facts.append(("channels", ",".join(c.name for c in conference.channels)))
    volumes = (f"{c.name} {traffic.sizes(c)[0]}/{traffic.sizes(c)[1]}" for c in opened)
    session.facts.append(("carried", ",".join(volumes)))
    for channel in opened:
        session.hazards += traffic.hazards(channel)
    return session


@dataclass(frozen=True, slots=True)
class _Traffic:
    """What both sides sent by channels; ``level``: of encryption, ``None``: the server's answer is missing."""

    recorder: Recorder
    client: Track
    server: Track
    sent: Carried
    received: Carried
    level: int | None

    def doubt(self, channels: Iterable[Channel]) -> tuple[Certainty, Text]:
        """Whether all that the channels carried was seen, and why not."""
        if not self.server.data:
            return Certainty.PARTIAL, N_("the server's side is not in the capture")
        if self.level is None:
            return Certainty.PARTIAL, N_("the data that names its channels is not in the capture")
        for track, carried_by in ((self.client, self.sent), (self.server, self.received)):
            stray = carried_by.stray if carried_by.stray > _STRAY else 0
            if left := len(track.data) - carried_by.read + track.missing_end + stray:
                reason = N_("{size} bytes could not be followed, in which channels may carry more", size=left)
                return Certainty.PARTIAL, reason
        if self.level == NONE and (unread := sum(self.talk(channel)[1] for channel in channels)):
            return Certainty.PARTIAL, N_("{count} messages of its channels could not be read", count=unread)
        if self.level == NONE:
            return Certainty.OPAQUE, N_("what its channels carried was read; its pictures were not")
        return Certainty.OPAQUE, N_(
            "its channels are known; what they carried is encrypted by keys that only the server's secrets yield"
        )

    @property
    def whole(self) -> bool:
        """Whether the session is seen from its beginning to its end."""
        return self.sent.whole and self.received.whole

    def sizes(self, channel: Channel) -> tuple[int, int]:
        """Bytes to the server and to the client."""
        return self.sent.size(channel.number or -1), self.received.size(channel.number or -1)

    def talk(self, channel: Channel) -> tuple[list[Message], int]:
        """The messages of both directions, and how many there are that cannot be read."""
        number = channel.number or -1
        sent, lost = messages(self.client, self.sent.chunks.get(number, ()), self.level, up=True)
        received, missed = messages(self.server, self.received.chunks.get(number, ()), self.level, up=False)
        return in_order(sent, received), lost + missed

    def hazards(self, channel: Channel) -> Iterable[Hazard]:
        """What the open channel is, where it is one beside the screen and not known to be unused."""
        name, where = channel.name.lower(), f"channel {channel.name}"
        opened = "asked for" if channel.number is None else f"opened as {channel.number}"
        if name == _DYNAMIC:
            return self._dynamic(channel, where, opened)
        talk, unread = self.talk(channel)
        sizes = self.sizes(channel)
        sure = not unread and self.whole and channel.number is not None
        return self._static(name, where, opened, talk, sizes, sure=sure)

    def _static(
        self, name: str, where: str, opened: str, talk: list[Message], sizes: tuple[int, int], *, sure: bool
    ) -> Iterable[Hazard]:
        """``sure``: all that went by the channel was read, and nothing more can have."""
        volumes = f"{opened}, {sizes[0]} bytes sent, {sizes[1]} received"
        if name == _CLIPBOARD:
            clipboard = Clipboard(self.recorder, self.client, self.server)
            clipboard.read(talk)
            self._strange(clipboard.strange)
            told = ", ".join(dict.fromkeys(clipboard.used[:_TOLD]))
            return [Hazard("clipboard", where, f"{opened}: {told}" if told else opened)]
        if name == _DEVICES:
            return self._devices(where, opened, talk, sizes, sure=sure)
        if name == _PROGRAMS or (sure and not any(sizes)):
            return []
        if name == _SOUND and any(sizes):
            return [Hazard("sound-redirection", where, volumes)]
        return [Hazard("open-channel", where, volumes if any(sizes) else opened)]

    def _devices(
        self, where: str, opened: str, talk: list[Message], sizes: tuple[int, int], *, sure: bool
    ) -> Iterable[Hazard]:
        devices = Devices(self.recorder, self.client, self.server)
        devices.read(talk)
        told = ", ".join(dict.fromkeys(devices.offered))
        if told or sizes[0] > _AGREED:
            volumes = f"{opened}, {sizes[0]} bytes sent, {sizes[1]} received"
            return [Hazard("drive-redirection", where, told or volumes)]
        if sure and sizes[1] <= _AGREED:
            return []
        return [Hazard("open-channel", where, opened)]

    def _dynamic(self, channel: Channel, where: str, opened: str) -> Iterable[Hazard]:
        talk, unread = self.talk(channel)
        channels = [c for c in dynamic(talk) if not c.declined or any(c.sizes)]
        for redirected in channels:
            name = redirected.name.lower()
            if name in (_CLIPBOARD, _DEVICES):  # what a static channel carries may go by a dynamic one
                sizes = redirected.sizes[0], redirected.sizes[1]
                inside = f"{where}, {redirected.name}"
                yield from self._static(name, inside, "opened", redirected.messages, sizes, sure=False)
        beside = [c.told for c in channels if c.name not in _OF_THE_SCREEN]
        sure = not unread and self.whole and channel.number is not None
        if beside or not sure:
            yield Hazard("dynamic-channels", where, ", ".join(dict.fromkeys(beside[:_TOLD])) or opened)

    def _strange(self, sizes: dict[bool, int]) -> None:
        for track, up in ((self.client, True), (self.server, False)):
            self.recorder.strange(track, sizes[up])


SIGNS = Signs((b"\3\0",))
PLUGIN = Protocol("rdp", "Remote Desktop (RDP)", recognise, inspect, signs=SIGNS)
