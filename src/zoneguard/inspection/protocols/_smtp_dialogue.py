"""Commands of a mail client paired with the replies of the server (RFC 5321, 2920 pipelining, 3030 chunking)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from zoneguard.inspection.carving import Track
from zoneguard.model.spans import CaptureSpan

VERBS = frozenset(
    b"EHLO HELO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP TURN ETRN AUTH STARTTLS SEND SOML SAML ATRN "
    b"XCLIENT XFORWARD X-ANONYMOUSTLS X-EXPS XEXCH50 BURL".split()
)
MAX_LINE = 8192
MAX_PIECES = 500_000  # lines of one mail that begin with a dot
LONGEST = 8192
"""Bytes of a reply, those of all its lines together, that any server's answers have."""
UNASKED = 1024
"""Bytes of replies to nothing that a server says for each command, as FTP does of a transfer's end."""
_STUFFED = re.compile(rb"\r\n\.")
_REPLY = re.compile(rb"(\d{3})([ -]?)([^\r\n]*)\r?\n")


@dataclass(frozen=True, slots=True)
class Reply:
    """``start``, ``end``: where it is in the server's stream; ``at``: the frame that brought its first byte."""

    code: int
    text: str
    start: int
    end: int
    at: CaptureSpan | None


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the client: ``verb`` in upper case (empty: not a known one), ``start`` and ``end`` of the line."""

    verb: bytes
    argument: bytes
    start: int
    end: int


class Replies:
    """The server's replies, one by one, with the means to find the one that answers a command. ``free_lines``: those
    between the first and the last of a reply have no code (FTP); ``longest``: bytes that a reply may have."""

    def __init__(self, track: Track, free_lines: bool = False, longest: int = LONGEST) -> None:
        self.track = track
        self._longest = longest
        self._excess = 0
        self._free_lines = free_lines
        self.position = 0
        self.unclaimed: list[Reply] = []

    def next(self, after: CaptureSpan | None = None) -> Reply | None:
        """The next reply; with ``after``, the next that came behind that frame: earlier ones answer something else."""
        while (reply := self._read()) is not None:
            if after is None or reply.at is None or _moment(reply.at) > _moment(after):
                return reply
            self.unclaimed.append(reply)
        return None

    def strange(self, commands: int) -> int:
        """How many of the server's bytes are no replies, or more than those to so many commands have; reads on to the
        end of what are replies."""
        while (reply := self.next()) is not None:
            self.unclaimed.append(reply)
        rest = len(self.track.data) - self.position
        unasked = sum(reply.end - reply.start for reply in self.unclaimed)
        return self._excess + rest + (unasked if unasked > UNASKED * (commands + 8) else 0)

    def _read(self) -> Reply | None:
        """The reply at the position, or behind a gap there."""
        reply = self._next_reply()
        if reply is not None:
            self._excess += max(0, reply.end - reply.start - self._longest)
        return reply

    def _next_reply(self) -> Reply | None:
        data = self.track.data
        texts: list[str] = []
        start = code = 0
        while (match := self._line()) is not None:
            if not texts:
                start, code = match.start(), int(match.group(1))
            texts.append(match.group(3).decode("latin-1"))
            self.position = match.end()
            if self._free_lines and match.group(2) == b"-":
                last = re.compile(rb"(?m)^%d (?=[^\r\n]*\r?\n)" % code).search(data, self.position)
                self.position = last.start() if last else len(data)
            if match.group(2) != b"-" or self.position >= len(data):
                return Reply(code, " ".join(texts)[:500], start, self.position, self.track.arrival(start))
        return None

    def _line(self) -> re.Match[bytes] | None:
        """The reply line at the position, or the first one behind a gap there."""
        data = self.track.data
        match = _REPLY.match(data, self.position, self.position + MAX_LINE)
        if match is not None and not self.track.damaged(match.start(), match.end()):
            return match
        for _, end in self.track.damage(self.position, min(len(data), self.position + MAX_LINE)):
            newline = data.find(b"\n", end - 1) if end < len(data) else -1
            for candidate in (end, newline + 1 if newline >= 0 else end):
                match = _REPLY.match(data, candidate, candidate + MAX_LINE)
                if match is not None and not self.track.damaged(match.start(), match.end()):
                    return match
        return None


def read_command(data: bytes, position: int) -> Command:
    """The line at ``position``, whatever it is."""
    stop = data.find(b"\n", position, position + MAX_LINE)
    end = min(len(data), position + MAX_LINE) if stop < 0 else stop + 1
    verb, _, argument = data[position:end].strip().partition(b" ")
    upper = verb.upper()
    return Command(upper if upper in VERBS else b"", argument.strip(), position, end)


def unstuffed(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The content between ``start`` and ``end`` without the dots that were added at the beginning of lines."""
    if data[start : start + 1] == b".":
        start += 1
    for stuffed in islice(_STUFFED.finditer(data, start, end), MAX_PIECES - 1):
        yield start, stuffed.end() - 1
        start = stuffed.end()
    yield start, end


def _moment(span: CaptureSpan) -> tuple[float, int]:
    return span.time, span.frame
