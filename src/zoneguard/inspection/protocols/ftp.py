"""FTP control connections (RFC 959, 2428, 4217): which files were asked for, and over which data connections they went.

The files themselves are in conversations of their own; ``inspection.joining`` gives them their names, and takes those
of which only a part was sent (``REST``, ``APPE``, a transfer that the server broke off) for no more than that, unless
others hold the rest of it. What is
neither command nor reply, or longer than these are, is said: anything may be written there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._smtp_dialogue import Replies, Reply
from zoneguard.inspection.protocols._tls_hello import session_facts
from zoneguard.inspection.ranges import resource
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.addresses import format_address
from zoneguard.model.flows import Certainty, Stream, Transfer
from zoneguard.model.text import N_, Text

_COMMAND = re.compile(rb"(?m)^(?:\xff[\xf0-\xff])*([A-Za-z]{3,9}[0-9]{0,3})(?:[ \t]+([^\r\n]{0,4096}))?\r?\n")
_COMMANDS = frozenset(
    b"USER PASS ACCT CWD CDUP SMNT QUIT REIN PORT PASV TYPE STRU MODE RETR STOR STOU APPE ALLO REST RNFR RNTO ABOR "
    b"DELE RMD MKD PWD LIST NLST SITE SYST STAT HELP NOOP AUTH PBSZ PROT CCC MIC CONF ENC ADAT FEAT OPTS EPRT EPSV "
    b"LPRT LPSV MLSD MLST SIZE MDTM MFMT MFCT MFF HOST LANG CLNT HASH RANG CSID AVBL DSIZ ESTA ESTP XPWD XCWD XMKD "
    b"XRMD XCUP XCRC XMD5 MD5 XSHA XSHA1 XSHA256 XSHA512".split()
)
"""RFC 959, 775, 2228, 2389, 2428, 2640, 3659, 7151 and what common clients add."""
_SMALL = 100  # bytes of an unknown command that is declined
_IDLE = frozenset((b"NOOP", b"HELP", b"SITE", b"ALLO", b"STAT", b"ACCT", b"CSID", b"CLNT"))
_MAX_IDLE = 16 << 10
_LONGEST = 64 << 10  # bytes of a reply; some servers list folders in it
_FIRST = re.compile(rb"(?i)(?:USER|AUTH|FEAT|HOST|CLNT|SYST)[ \r\n]")
_BANNER = re.compile(rb"220[ -][^\r\n]*(FTP|FileZilla|Microsoft)", re.IGNORECASE)
_SIX = re.compile(rb"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})")
_EXTENDED = re.compile(rb"([!-/:-~])([12]?)\1([0-9A-Fa-f.:]*)\1(\d{1,5})\1")
_OPERATIONS = {
    b"RETR": "read",
    **dict.fromkeys((b"STOR", b"STOU"), "write"),
    b"APPE": "append",
    **dict.fromkeys((b"LIST", b"NLST", b"MLSD"), "list"),
}
_NUMBER = re.compile(rb"\s*\d{1,18}\s*")
_NOT_FINAL = frozenset({*range(100, 200), 211, 212, 213})
"""Codes after which a transfer still goes on: that it begins, and answers about how far it is."""
_MEANWHILE = (b"ABOR", b"STAT", b"NOOP")
"""What a client says while a transfer goes on."""
_ENDPOINT = re.compile(rb"(?m)^(?:PASV|EPSV|PORT \d|EPRT )")
_TRANSFER = re.compile(rb"(?m)^(?:150|226|227) ")
_PATIENCE = 8  # replies that are read to find the one that ends a transfer
MAX_FACTS = 1000
MAX_FOLDERS = 200
_FOLDERS = (b"CWD", b"CDUP", b"XCWD", b"XCUP")


def recognise(conversation: Conversation) -> float:
    """By the server's greeting and the client's first command."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    first = _FIRST.match(client)
    if first and (server[:4] in (b"220 ", b"220-") or not server):
        return 0.95 if server else 0.7
    if not client and _BANNER.match(server):
        return 0.8
    if len(server) < len(client) and not _TRANSFER.search(server):
        return 0.0  # what is shorter is looked through first
    if not (b"PASV" in client or b"EPSV" in client or b"PORT " in client or b"EPRT " in client):
        return 0.0
    return 0.6 if _ENDPOINT.search(client) and _TRANSFER.search(server) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """One session: user, and for each file command, name and end point of its data connection."""
    session = _Session(conversation)
    session.run()
    certainty = Certainty.OPAQUE if session.encrypted else Certainty.PARTIAL if session.damaged else Certainty.INSPECTED
    tracks = session.client, session.server
    carriage = Carriage(session.client.stream.to_responder, session_ends(*tracks))
    size = sum(len(t.data) for t in tracks)
    recorder = Recorder(conversation, "ftp")
    recorder.session("session", certainty, session.reason, carriage, size=size, facts=session.facts)
    if not session.damaged:
        recorder.strange(session.client, session.strange)
        if not session.encrypted:
            recorder.strange(session.server, session.replies.strange(session.commands))
    return recorder.transfers


class _Session:
    """Commands in order, each with the replies up to its final one."""

    def __init__(self, conversation: Conversation) -> None:
        asking, answering = sides(conversation, _score)
        self.client, self.server = Track(asking), Track(answering)
        self.replies = Replies(self.server, free_lines=True, longest=_LONGEST)
        self.facts: list[tuple[str, str]] = []
        self.encrypted = False
        self.reason: Text | str = ""
        self.damaged = bool(asking.gaps or answering.gaps or asking.conflicts or answering.conflicts)
        if self.damaged:
            self.reason = N_("a gap or a conflict in the capture touches it")
        self._server_address = _address(asking, conversation)
        self._endpoint = ""
        self._offset = 0
        self._mode, self._binary = b"S", False
        self._user = ""
        self._folders: tuple[bytes, ...] = ()
        self._sizes: dict[str, int] = {}
        self.commands = self.strange = 0

    def run(self) -> None:
        position = idle = 0
        while (match := _COMMAND.search(self.client.data, position)) is not None:
            self.strange += len(self.client.data[position : match.start()].strip())
            position = match.end()
            verb, argument = match[1].upper(), match[2] or b""
            reply = self.replies.next(self.client.arrival(match.end() - 1))
            size = match.end() - match.start()
            known = verb in _COMMANDS or (size <= _SMALL and reply is not None and reply.code >= 500)
            self.strange += 0 if known else size
            self.commands += 1
            idle += size if verb in _IDLE else 0
            self._command(verb, argument, reply, position)
            hello = self.client.data.startswith(b"\x16\x03", position)
            if verb == b"AUTH" and (hello or (reply is not None and reply.code == 234)):
                self._encrypted(position, reply.end if reply is not None else self.replies.position)
                return
        self.strange += len(self.client.data[position:].strip()) + (idle if idle > _MAX_IDLE else 0)

    def _command(self, verb: bytes, argument: bytes, reply: Reply | None, position: int) -> None:
        if verb == b"USER":
            self._user = decode_text(argument)[:100]
            self._fact("user", self._user)
        elif verb in (b"PORT", b"EPRT"):
            self._endpoint = _endpoint(argument, "")
        elif verb in (b"PASV", b"EPSV") and reply is not None and reply.code in (227, 229):
            self._endpoint = _endpoint(reply.text.encode("latin-1"), self._server_address)
        elif verb == b"REST" and (reply is None or reply.code == 350):
            self._offset = int(argument) if _NUMBER.fullmatch(argument) else 0
        elif verb == b"TYPE" and (reply is None or reply.code < 300):
            self._binary = argument.strip().upper()[:1] in (b"I", b"L")
        elif verb in _FOLDERS and reply is not None and reply.code < 300:
            self._folders = (*self._folders, verb[-3:], argument)[-MAX_FOLDERS:]
        elif verb == b"SIZE" and reply is not None and reply.code == 213 and reply.text.strip().isdecimal():
            if len(self._sizes) < MAX_FACTS:
                self._sizes[self._file(argument)] = int(reply.text.strip()[:18])
        elif verb == b"MODE" and (reply is None or reply.code < 300):
            self._mode = argument.strip().upper()[:1]
        elif verb in _OPERATIONS and (reply is None or reply.code < 400):
            operation = _OPERATIONS[verb]
            operation = ";".join((operation, *self._doubts(reply, position), *self._piece(operation, argument)))
            self._fact("data-connection", f"{self._endpoint} {operation} {decode_text(argument)[:255]}")
            self._endpoint, self._offset = "", 0

    def _doubts(self, reply: Reply | None, position: int) -> Iterable[str]:
        """What makes the content of a data connection another one than that of the file."""
        if self._offset:
            yield f"rest={self._offset}"
        if self._mode not in (b"S", b""):
            yield f"mode={decode_text(self._mode)}"
        if reply is not None and reply.code < 200 and (code := self._failure(position)):
            yield f"end={code}"

    def _file(self, argument: bytes) -> str:
        """A name for the file, the same in each session of the user that comes to it by the same folders."""
        folders = () if argument.startswith((b"/", b"\\")) else self._folders
        return resource(self._user, *(decode_text(part) for part in (*folders, argument)))

    def _piece(self, operation: str, argument: bytes) -> Iterable[str]:
        """Which file it is, if only a part of it should come, and how long that was before, where the session asked."""
        if operation == "list" or not self._binary or self._mode != b"S":
            return
        file = self._file(argument)
        yield f"of={file}/{'read' if operation == 'read' else 'write'}"
        if file in self._sizes:
            yield f"size={self._sizes[file]}"

    def _failure(self, position: int) -> int:
        """The code, no success, with which the server ended a transfer that had begun; 0: none before what the client
        asked for next, at ``position`` or behind."""
        asked = (c for c in _COMMAND.finditer(self.client.data, position) if c[1].upper() not in _MEANWHILE)
        following = next(asked, None)
        limit = self.client.arrival(following.end() - 1) if following else None
        here = self.replies.position
        replies = (self.replies.next() for _ in range(_PATIENCE))
        reply = next((r for r in replies if r is None or r.code not in _NOT_FINAL), None)
        self.replies.position = here
        if reply is None or reply.code < 400:
            return 0
        early = limit is None or reply.at is None or (reply.at.time, reply.at.frame) < (limit.time, limit.frame)
        return reply.code if early else 0

    def _fact(self, name: str, value: str) -> None:
        if len(self.facts) < MAX_FACTS:
            self.facts.append((name, value))

    def _encrypted(self, position: int, answered: int) -> None:
        self.encrypted = True
        client, server = self.client.data[position:], self.server.data[answered:]
        self.facts += session_facts(client, server)
        self.reason = N_(
            "encrypted behind AUTH: {sent} bytes sent, {received} received", sent=len(client), received=len(server)
        )


def _address(asking: Stream, conversation: Conversation) -> str:
    flow = conversation.flow
    return format_address(flow.dst if asking.to_responder else flow.src)


def _endpoint(text: bytes, server: str) -> str:
    """``address:port`` out of a PORT or EPRT argument or a 227 or 229 reply; ``[…]`` around IPv6."""
    text = text[:200]
    if (six := _SIX.search(text)) is not None:
        numbers = [int(n) for n in six.groups()]
        if max(numbers) < 256:
            return f"{'.'.join(map(str, numbers[:4]))}:{numbers[4] * 256 + numbers[5]}"
    if (extended := _EXTENDED.search(text)) is not None:
        address = extended[3].decode() or server
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return ""
        return f"[{parsed}]:{int(extended[4])}" if parsed.version == 6 else f"{parsed}:{int(extended[4])}"
    return ""


SIGNS = Signs(
    (b"USER", b"AUTH", b"FEAT", b"HOST", b"CLNT", b"SYST", b"220"), lines=(b"150 ", b"226 ", b"227 "), otherwise=0.6
)
PLUGIN = Protocol("ftp", "FTP", recognise, inspect, signs=SIGNS)
