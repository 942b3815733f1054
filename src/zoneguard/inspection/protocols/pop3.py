"""POP3 (RFC 1939, 2449, 2595, 5034): every mail that a client fetched, with its parts.

Answers come in the order of the commands, and the command says whether lines follow an answer. Where a beginning or a
side is missing, what follows tells: header lines are a mail. Behind an accepted ``STLS`` all is opaque. What is neither
command nor answer is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track
from zoneguard.inspection.mailing import record_mail
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._smtp_dialogue import MAX_PIECES, unstuffed
from zoneguard.inspection.protocols._upgraded import record_upgraded
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import FlowState, Transfer
from zoneguard.model.text import N_, Text

_LINE = re.compile(rb"([^\r\n]{0,16384})\r?\n")
_STATUS = re.compile(rb"(\+OK|-ERR|\+)(?: [^\r\n]{0,512})?\r?\n")
_HEADER = re.compile(rb"[!-9;-~]{1,100}:[^\r\n]*\r?\n")
_LISTED = re.compile(rb"(?:\d{1,9} [!-~]{1,70}|[A-Za-z][ -~]{0,200})?\r?\n")
_FIRST = re.compile(rb"(?i)(?:USER [^\r\n]+|APOP [^\r\n]+|CAPA|STLS|AUTH[^\r\n]*|UTF8|LANG[^\r\n]*|QUIT)\r?\n")
_FETCH = re.compile(rb"(?im)^RETR \d{1,9}\r?\n")
_GOOD = re.compile(rb"(?m)^\+OK")
_END = b"\r\n.\r\n"
_VERBS = frozenset(
    b"USER PASS APOP AUTH CAPA STLS QUIT STAT LIST RETR DELE NOOP RSET TOP UIDL LAST UTF8 LANG XTND "
    b"IMPLEMENTATION".split()
)
_LISTS = frozenset((b"LIST", b"UIDL", b"CAPA", b"AUTH", b"LANG"))
"""Commands whose answers have lines, the first two if no message is named."""
MAX_COMMAND, MAX_SMALL_TALK = 512, 4096


@dataclass(frozen=True, slots=True)
class _Command:
    verb: bytes
    argument: bytes
    end: int

    @property
    def lines(self) -> bool:
        """Whether lines follow a good answer."""
        return self.verb in (b"RETR", b"TOP") or (self.verb in _LISTS and not self.argument)


def recognise(conversation: Conversation) -> float:
    """By greeting and first command; where the beginning is missing by a mail that is asked for by its number."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if server.startswith(b"+OK"):
        return 0.96 if _FIRST.match(client) else 0.7 if not client or _FETCH.search(client) else 0.0
    told = not server or (b"+OK" in server and _GOOD.search(server))
    if told and b"retr" in client.lower() and _FETCH.search(client):
        return 0.75
    return 0.55 if not client and _END + b"+OK" in server else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """Every mail that was fetched, each followed by its parts."""
    session = _Session(conversation)
    session.run()
    return session.recorder.transfers


class _Session:
    """One pass over the server's bytes, guided by the client's commands where both began within the capture."""

    def __init__(self, conversation: Conversation) -> None:
        self.recorder = Recorder(conversation, "pop3")
        asking, answering = sides(conversation, _score)
        self.client, self.server = Track(asking), Track(answering)
        begun = conversation.flow.state is not FlowState.MIDSTREAM and asking.data[:1] > b""
        self.guided = begun and not asking.gaps and answering.data.startswith(b"+OK")
        self.commands = _commands(asking.data)
        self.strange = {self.client: 0, self.server: 0}
        self.small_talk = 0

    def run(self) -> None:
        data, position = self.server.data, 0
        if self.guided:
            position = self._status(0)[1]  # the greeting answers nothing
        elif data and not _STATUS.match(data):
            end = data.find(_END) + len(_END)
            end = end if end >= len(_END) else len(data)
            self._mail(0, end, headless=True)
            position = end
        asked: _Command | None = None
        challenged = False
        while position < len(data) and not self.recorder.full():
            sign, behind = self._status(position)
            if not sign:
                self._lost(position)
                break
            asked = self._next() if not challenged else asked
            challenged = sign == b"+"
            if challenged:
                next(self.commands, None)  # what answers a challenge is no command
            if asked is not None and asked.verb == b"STLS" and sign == b"+OK":
                record_upgraded(self.recorder, "STLS", self.client, asked.end, self.server, behind)
                self.commands = iter(())
                break
            position = self._lines(asked, sign, behind)
        while self._next() is not None:
            pass
        self.strange[self.client] += self.small_talk if self.small_talk > MAX_SMALL_TALK else 0
        for track, size in self.strange.items():
            self.recorder.strange(track, size)
        self.recorder.missing_ends(self.client, self.server)

    def _next(self) -> _Command | None:
        """The next command, weighed; of a session that is not guided they are weighed alone."""
        command = next(self.commands, None)
        if command is not None:
            size = len(command.verb) + len(command.argument)
            fetches = command.verb in (b"RETR", b"TOP", b"DELE", b"LIST", b"UIDL")
            self.small_talk += 0 if fetches and size < 32 else size
            long = size > MAX_COMMAND and command.verb != b"AUTH"
            self.strange[self.client] += size if command.verb not in _VERBS or long else 0
        return command

    def _status(self, position: int) -> tuple[bytes, int]:
        """The sign of the answer at ``position`` and the offset behind its line; no sign where there is none."""
        match = _STATUS.match(self.server.data, position)
        if match is None or self.server.damaged(*match.span()):
            return b"", position
        return match[1], match.end()

    def _lines(self, asked: _Command | None, sign: bytes, start: int) -> int:
        """Take what follows an answer; the offset behind it."""
        data = self.server.data
        guided = self.guided and asked is not None
        if sign != b"+OK" or start >= len(data) or (guided and asked is not None and not asked.lines):
            return start
        if not guided and _STATUS.match(data, start):
            return start
        if data.startswith(b".\r\n", start):
            return start + 3
        stop = data.find(_END, start)
        behind = len(data) if stop < 0 else stop + len(_END)
        fetched = asked is not None and asked.verb in (b"RETR", b"TOP") if guided else _HEADER.match(data, start)
        if fetched:
            top = guided and asked is not None and asked.verb == b"TOP"
            self._mail(start, behind, reason=N_("only the beginning of the mail was fetched") if top else "")
        else:
            self.strange[self.server] += _no_list(data, start, behind)
        return behind

    def _mail(self, start: int, behind: int, *, headless: bool = False, reason: Text | str = "") -> None:
        whole = self.server.data.startswith(_END, behind - len(_END))
        end = behind - 3 if whole else behind
        pieces = list(unstuffed(self.server.data, start, end))
        carved = self.server.carve(*pieces)
        carriage = Carriage(
            self.server.stream.to_responder,
            carved.frames() or tuple(self.server.frames(start, behind)),
            whole=whole and not headless and not reason and len(pieces) < MAX_PIECES,
            damaged=self.server.damaged(start, behind),
            reason=N_("the capture began in the middle of it") if headless else reason,
        )
        record_mail(self.recorder, carved, carriage, headless=headless)

    def _lost(self, position: int) -> None:
        """From here on nothing is an answer: a gap, or something else."""
        size = len(self.server.data) - position
        if not self.server.damaged(position, len(self.server.data)):
            self.strange[self.server] += size
            return
        self.recorder.lost_answers(self.server, position, len(self.server.data))


def _commands(data: bytes) -> Iterator[_Command]:
    position = 0
    while position < len(data):
        match = _LINE.match(data, position)
        end = match.end() if match else len(data)
        verb, _, argument = data[position:end].strip().partition(b" ")
        yield _Command(verb.upper(), argument, end)
        position = end


def _no_list(data: bytes, start: int, end: int) -> int:
    """How many bytes of these lines are none of a list of messages or of what a server can do."""
    strange, position = 0, start
    while position < end:
        match = _LISTED.match(data, position, end) or _LINE.match(data, position, end)
        stop = match.end() if match else end
        if (match is None or match.re is _LINE) and data[position:stop].strip() != b".":
            strange += stop - position
        position = stop
    return strange


SIGNS = Signs((b"+OK",), lines=(rb"\+OK", rb"(?i:retr) \d"), otherwise=0.75)
PLUGIN = Protocol("pop3", "POP3 mail", recognise, inspect, signs=SIGNS)
