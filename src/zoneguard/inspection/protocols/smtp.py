"""SMTP, ESMTP and LMTP: every mail that crossed, with its parts.

What the server answered decides what the client's bytes are: content follows a ``DATA`` that was answered 354; where
the answers are missing, if what follows is no command. A mail whose content crossed and was then declined is a transfer
marked ``refused``; a ``DATA`` that was declined carried nothing. Behind an accepted ``STARTTLS`` all is opaque. What is
neither command nor reply, or longer than these are, is said: anything may be written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Carved, Track
from zoneguard.inspection.mailing import record_mail
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._smtp_dialogue import MAX_PIECES, Command, Replies, Reply, read_command, unstuffed
from zoneguard.inspection.protocols._tls_hello import session_facts
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, FlowState, Hazard, Transfer
from zoneguard.model.text import N_, Text

_HELLO = re.compile(rb"(?i)(EHLO|HELO|LHLO)[ \r\n]")
_BANNER = re.compile(rb"(220|554|421)[ -][^\r\n]*(SMTP|LMTP)", re.IGNORECASE)
_ENVELOPE = re.compile(rb"(?im)^MAIL FROM: ?<[^\r\n]*>[^\r\n]*\r?\n(?:[^\r\n]*\r?\n){0,200}?RCPT TO: ?<")
_FINAL_DOT = re.compile(rb"\r\n\.\r\n")
_PATH = re.compile(rb"<([^<>]*)>")
LF, CR = b"\n\r"
MAX_COMMAND = 2048  # RFC 5321, 4.5.3.1.4 asks for 512, extensions for more
MAX_CREDENTIALS = 16 << 10  # RFC 4954, 4 asks for 12,288
MAX_SMALL_TALK = 4096
_STARTTLS = (b"STARTTLS", b"X-ANONYMOUSTLS")
_SMALL_TALK = frozenset((b"NOOP", b"HELP", b"VRFY", b"EXPN", b"RSET", b"QUIT"))


def recognise(conversation: Conversation) -> float:
    """By greeting and hello, or by an envelope where the beginning is missing."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if _HELLO.match(client):
        return 0.98 if server[:3] in (b"220", b"") else 0.9
    if _BANNER.match(server):
        return 0.9 if not client or _HELLO.search(client) or _ENVELOPE.search(client) else 0.6
    if b"mail from:" in client.lower() and _ENVELOPE.search(client):
        return 0.85
    if not client and b"354 " in server and re.search(rb"(?m)^354 [^\r\n]*\r\n(?:250|[45]\d\d)[ -]", server):
        return 0.7
    return 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """Every mail of the session, each followed by its parts."""
    session = _Session(conversation)
    session.run()
    return session.recorder.transfers


class _Session:
    """One pass over the client's bytes, guided by the replies."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.recorder = Recorder(conversation, "smtp")
        asking, answering = sides(conversation, _score)
        self.client = Track(asking)
        self.replies = Replies(Track(answering))
        self.aligned = False
        self.lmtp = False
        self.position = 0
        self.envelope: list[tuple[str, str]] = []
        self.recipients = 0
        self.chunks: list[tuple[int, int]] = []
        self.commands = 0
        self.strange: list[tuple[int, int]] = []
        self.small_talk = 0
        self.secret = False

    def run(self) -> None:
        data = self.client.data
        self._greeting()
        if data and not read_command(data, 0).verb and self.conversation.flow.state is FlowState.MIDSTREAM:
            self._tail_of_mail()
        while self.position < len(data) and not self.recorder.full():
            command = read_command(data, self.position)
            self.position = command.end
            if self.client.damaged(command.start, command.end):
                self._lost(command)
            elif not self._handle(command):
                break
        self._abandoned_chunks()
        self._unseen_mails()
        self._strange_bytes()
        self.recorder.missing_ends(self.client)

    def _greeting(self) -> None:
        """With a greeting in front, replies answer commands one to one; otherwise only the frames' order tells."""
        first = self.replies.next()
        if first is not None and first.code in (220, 421, 554) and _HELLO.match(self.client.data):
            self.aligned = not (self.client.stream.gaps or self.replies.track.stream.gaps)
        elif first is not None and first.code != 220:
            self.replies.position = 0

    def _handle(self, command: Command) -> bool:
        """Act on one command; False where the dialogue ends."""
        self._weigh(command)
        if command.verb == b"DATA":
            return self._data(command)
        if command.verb == b"BDAT":
            return self._chunk(command)
        reply = self._reply(command.end)
        if command.verb in (b"MAIL", b"RSET", b"EHLO", b"HELO", b"LHLO"):
            self._abandoned_chunks()
            self.envelope, self.chunks, self.recipients = [], [], 0
            self.lmtp = command.verb == b"LHLO" or (self.lmtp and command.verb in (b"MAIL", b"RSET"))
        if command.verb == b"MAIL":
            self.envelope = [("envelope-from", _path(command.argument))]
        elif command.verb == b"RCPT" and (reply is None or reply.code < 300):
            self.envelope.append(("envelope-to", _path(command.argument)))
            self.recipients += 1
        elif command.verb in _STARTTLS and self._is_tls(reply):
            self._encrypted(command, reply)
            return False
        elif command.verb in (b"AUTH", b"X-EXPS"):
            self._authentication(reply)
        return True

    def _reply(self, behind: int) -> Reply | None:
        """The reply to what ends at ``behind`` of the client's stream."""
        return self.replies.next(None if self.aligned else self.client.arrival(behind - 1))

    def _authentication(self, reply: Reply | None) -> None:
        """The client answers each 334 with one line, which is no command."""
        data = self.client.data
        while reply is not None and reply.code == 334 and self.position < len(data):
            end = data.find(b"\n", self.position, self.position + MAX_CREDENTIALS) + 1
            self.position = end or read_command(data, self.position).end
            reply = self._reply(self.position)

    def _data(self, command: Command) -> bool:
        """Content follows a 354; without one, if there are bytes that are no command."""
        reply = self._reply(command.end)
        start = self.position
        following = self.client.data[start : start + 1] and not read_command(self.client.data, start).verb
        if not following and (reply is None or reply.code != 354):
            return True
        end, after, hazards = _end_of_data(self.client.data, start)
        pieces = list(unstuffed(self.client.data, start, end))
        carved = self.client.carve(*pieces)
        self.position = after
        self._mail(carved, (start, after), whole=after > end and len(pieces) < MAX_PIECES, hazards=hazards)
        return True

    def _chunk(self, command: Command) -> bool:
        """``BDAT size [LAST]``: the bytes follow at once, whatever the answer will be."""
        size, _, last = command.argument.partition(b" ")
        if not size.isdigit() or len(size) > 12:
            self._reply(command.end)
            return True
        start, end = self.position, self.position + int(size)
        self.position = min(end, len(self.client.data))
        self.chunks.append((start, self.position))
        if last.strip().upper() == b"LAST" or end > len(self.client.data):
            chunks, self.chunks = self.chunks, []
            carved = self.client.carve(*chunks)
            self._mail(carved, (chunks[0][0], self.position), whole=end <= len(self.client.data))
        else:
            self._reply(self.position)
        return True

    def _mail(
        self, carved: Carved, span: tuple[int, int], *, whole: bool, hazards: Iterable[Hazard] = (),
        headless: bool = False,
    ) -> None:  # fmt: skip
        answers = [self._reply(span[1]) for _ in range(max(1, self.recipients) if self.lmtp else 1)] if whole else []
        known = [a for a in answers if a is not None]
        reason = N_("the capture began in the middle of it") if headless else ""
        carriage = Carriage(
            to_responder=self.client.stream.to_responder,
            frames=carved.frames() or tuple(self.client.frames(*span)),
            whole=whole and not headless,
            damaged=self.client.damaged(*span),
            reason=reason,
            refused=bool(known) and all(a.code >= 400 for a in known),
        )
        facts = (*self.envelope, *(("reply", f"{a.code} {a.text}") for a in known))
        record_mail(self.recorder, carved, carriage, facts=facts, hazards=hazards, headless=headless)
        self.envelope, self.recipients = [], 0

    def _tail_of_mail(self) -> None:
        end, after, hazards = _end_of_data(self.client.data, 0)
        if after > end:
            self.position = after
            carved = self.client.carve(*unstuffed(self.client.data, 0, end))
            self._mail(carved, (0, after), whole=True, hazards=hazards, headless=True)

    def _lost(self, command: Command) -> None:
        """A gap among the commands: a mail may have passed in it. Go on at the first line behind it that is whole."""
        self.aligned = False
        start, end = next(self.client.damage(command.start, command.end))
        newline = self.client.data.find(b"\n", end)
        self.position = len(self.client.data) if newline < 0 else newline + 1
        self._session(Certainty.PARTIAL, N_("commands were lost in a gap or conflict of the capture"), start, end)

    def _abandoned_chunks(self) -> None:
        if self.chunks:
            start, end = self.chunks[0][0], self.chunks[-1][1]
            self._mail(self.client.carve(*self.chunks), (start, end), whole=False)

    def _unseen_mails(self) -> None:
        """Go-aheads of the server for content that the capture does not show."""
        while (reply := self.replies.next()) is not None:
            self.replies.unclaimed.append(reply)
        for reply in self.replies.unclaimed:
            if reply.code == 354:
                frames = () if reply.at is None else (reply.at,)
                reason = N_("the server asked for a mail that is not in the capture")
                carriage = Carriage(self.client.stream.to_responder, frames, whole=False)
                self.recorder.session("message", Certainty.PARTIAL, reason, carriage)

    def _weigh(self, command: Command) -> None:
        """Count a command, or what is none: no known word, or more behind it than any has."""
        self.commands += 1
        size = command.end - command.start
        self.small_talk += size if command.verb in _SMALL_TALK else 0
        longest = MAX_COMMAND if command.verb not in (b"AUTH", b"X-EXPS") else MAX_CREDENTIALS
        if self.client.data[command.start : command.end].strip() and (not command.verb or size > longest):
            self.strange.append((command.start, command.end))

    def _strange_bytes(self) -> None:
        """What both sides said that is no mail, no command and no reply."""
        said = sum(end - start for start, end in self.strange)
        said += self.small_talk if self.small_talk > MAX_SMALL_TALK else 0
        self.recorder.strange(self.client, said, self.strange[0][0] if self.strange else 0)
        if not self.secret and not self.replies.track.stream.gaps:
            self.recorder.strange(
                self.replies.track, self.replies.strange(self.commands or len(self.replies.unclaimed))
            )

    def _is_tls(self, reply: Reply | None) -> bool:
        accepted = reply is not None and reply.code == 220
        return accepted or self.client.data[self.position : self.position + 2] == b"\x16\x03"

    def _encrypted(self, command: Command, reply: Reply | None) -> None:
        self.secret = True
        server = self.replies.track.data[reply.end if reply is not None else self.replies.position :]
        client = self.client.data[self.position :]
        facts = session_facts(client, server)
        reason = N_(
            "encrypted behind STARTTLS: {sent} bytes sent, {received} received; server name {sni}",
            sent=len(client), received=len(server), sni=dict(facts).get("sni", "-"),
        )  # fmt: skip
        self._session(Certainty.OPAQUE, reason, command.start, len(self.client.data), facts)

    def _session(
        self, certainty: Certainty, reason: Text, start: int, end: int, facts: Iterable[tuple[str, str]] = ()
    ) -> None:
        frames = self.client.frames(start, end) or [self.conversation.flow.first]
        carriage = Carriage(self.client.stream.to_responder, tuple(dict.fromkeys((frames[0], frames[-1]))))
        self.recorder.session("session", certainty, reason, carriage, size=end - start, facts=facts)


def _end_of_data(data: bytes, start: int) -> tuple[int, int, list[Hazard]]:
    """End of the content, offset behind the final dot (the same where there is none), and doubts about that dot."""
    if data.startswith(b".\r\n", start):
        return start, start + 3, []
    final = _FINAL_DOT.search(data, start)
    at = final.start() if final else -1
    end = len(data) if at < 0 else at + 2
    for lone in (b"\n.\n", b"\n.\r\n", b"\r.\r") if _dot_between_line_ends(data, start, end) else ():
        early = data.find(lone, start, end)
        if early >= 0:
            hazard = Hazard("smtp-smuggling", f"byte {early - start}", "a final dot that only some servers accept")
            if at < 0 and lone != b"\r.\r":
                return early + 1, early + len(lone), [hazard]
            return end, end + 3 if at >= 0 else end, [hazard]
    return end, end + 3 if at >= 0 else end, []


def _dot_between_line_ends(data: bytes, start: int, end: int) -> bool:
    """Whether searching for one makes sense: this takes a tenth of the time."""
    view = np.frombuffer(data, np.uint8)[start:end]
    dots = np.flatnonzero(view[1:-1] == ord("."))
    before, behind = view[dots], view[dots + 2]
    return bool((((before == LF) | (before == CR)) & ((behind == LF) | (behind == CR))).any())


def _path(argument: bytes) -> str:
    match = _PATH.search(argument)
    return (match.group(1) if match else argument).decode("utf-8", "replace")[:320]


SIGNS = Signs((b"EHLO", b"HELO", b"LHLO", b"220", b"554", b"421"), lines=(b"(?i:mail from:)", b"354 "), otherwise=0.85)
PLUGIN = Protocol("smtp", "SMTP / LMTP mail", recognise, inspect, signs=SIGNS)
