"""A file → its devices: each is parsed by itself where the file certainly holds several, one after the other.

A device begins at a prompt with another host's name, at a title above the first line of an export, at a header that no
export has twice, or at the first line (behind the last line of another) of a part whose ``hostname`` is another. Two
names in one part without such a line between them are not told apart: the second is not understood, so that nothing
is concluded from the mixture.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from zoneguard.collector import paused_collector
from zoneguard.model.device import Concern, LineAccount
from zoneguard.model.errors import InputError
from zoneguard.model.text import Reason
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._endings import PROMPT, cut, unended
from zoneguard.parsers.accounting import Ledger
from zoneguard.parsers.reading import MIN_CONFIDENCE, detect
from zoneguard.plugins import of_type

MAX_PARTS = 64
SURELY = 0.5
SEVERAL = (
    "another device's name, and no line that certainly begins its configuration; give each device a file of its own"
)
TOO_MANY = "more devices in one file than are told apart; give each device a file of its own"
AGAIN = "this device is in the file a second time; give its current configuration alone"
NOBODYS = "whose routing table this is, of several devices in one file, is not said"
UNKNOWN = "from here on, a part of the file that is of no known format"

_SHOWS = re.compile(
    r"(?:sudo )?(?:show?|display|get|term\w*|en(?:able)?|conf\w*|cat|more|less|type|dump|write|wr|nft|ip)\b"
    r"|(?:sudo )?(?:/\S*/)?(?:ip6?tables-save|nft)\b|(?:exit|end|quit|logout|disable)$|set cli |no page"
)
_TITLE = re.compile(
    r"==> ?(?P<file>[\w./-]{1,120}) ?<==$"
    r"|[#!;*= -]{0,80}\b(?:host(?:[ -]?name)?|device|firewall|router|機器名?|装置名?|ホスト名?)[ :=：]{1,3}"
    r"(?P<said>[\w.-]{1,63})[#!;*= -]{0,80}$"
    r"|[#!; ]{0,3}[#=*-]{3,80} ?(?P<ruled>(?!(?:ip)?v[46]\b)[a-z][a-z.-]*[\d-][\w.-]{0,60}) ?[#=*-]{3,80}$",
    re.IGNORECASE,
)
_TITLE_FIRST = frozenset("#!;*=-")
_ELEMENTS = ("</", "<entry", "<member")
"""How lines of XML begin that begin no export and name nobody, as those do not that are indented or begin with a quote
(JSON)."""


@dataclass(slots=True)
class Part:
    """Lines from ``first`` on that are one device's. ``sure``: it certainly begins there. ``body``: it configures
    something. ``names``: what prompts, titles and its own lines call it, in lower case; ``title``: the first of these;
    ``named``: its own lines with a name; ``odd``: what does not fit, and why; ``head``: the first line of
    an export begins it."""

    first: int
    sure: bool = False
    head: bool = False
    body: bool = False
    names: set[str] = field(default_factory=set)
    title: str = ""
    named: list[tuple[int, str]] = field(default_factory=list)
    odd: list[tuple[int, str]] = field(default_factory=list)

    def call(self, name: str) -> None:
        """Give it a name."""
        self.names.add(name.lower())
        self.title = self.title or name

    def join(self, more: Part) -> None:
        """The lines of ``more`` are this device's, too."""
        if self.body and more.head and self.named and more.named and self.names & more.names:
            self.odd.append((more.first, AGAIN))
        if not self.body:
            self.sure |= more.sure
            self.head |= more.head
        self.odd += more.odd
        self.body |= more.body
        self.names |= more.names
        self.title = self.title or more.title
        self.named += more.named


@paused_collector()
def parse_source(source: Source, name: str, parser: Parser | None = None, kind: Kind | None = None) -> Parsed:
    """What ``parser`` (default: for each device the one that its lines speak for) makes of ``source``.

    One device is called ``name``; several are ``name/HOSTNAME``, or by their number. Raises ``InputError`` where no
    format is recognised.
    """
    found = parts_of(source)
    ends = [*(part.first for part in found[1:]), len(source.lines) + 1]
    texts = [source.lines[part.first - 1 : end - 1] for part, end in zip(found, ends, strict=True)]
    readers = [_reader(text, source, parser, kind) for text in texts] if len(found) > 1 else [None]
    if sum(reader is not None for reader in readers) < 2:
        only = parser or detect(source, kind=kind)
        doubts = (*_doubts(_joined(found), only), *cut(source.lines, 1, only), *_mistaken(source, parser))
        doubts = (*doubts, *unended(source, source.lines, only))
        return only.parse(replace(source, doubts=doubts), name)
    results: list[Parsed] = []
    known: set[str] = set()
    for number, (part, text, reader) in enumerate(zip(found, texts, readers, strict=True), 1):
        doubts = (*_doubts(part, reader), *cut(text, part.first, reader))
        doubts = (*doubts, *(unended(source, text, reader) if number == len(found) else ()))
        title = part.title or f"part{number}"
        if title.lower() in known:
            doubts = (*doubts, (part.first, AGAIN, Concern.FILTER))
            title = f"{title}-{number}"
        known.add(title.lower())
        own = replace(source, lines=("",) * (part.first - 1) + text, first=part.first, doubts=doubts)
        results.append(_stray(own) if reader is None else reader.parse(own, f"{name}/{title}"))
    return _together(results)


def parts_of(source: Source) -> list[Part]:
    """The devices of ``source``: at least one, which begins with the first line."""
    if source.encoding == "xlsx":
        return [Part(1)]
    found: list[Part] = []
    for part in _Scan().candidates(source.lines):
        if not found:
            found.append(part)
        elif not _is_another(part, found[-1]):
            found[-1].join(part)
        elif len(found) < MAX_PARTS:
            found.append(part)
        else:
            part.odd.append((part.first, TOO_MANY))
            found[-1].join(part)
    return found


def _is_another(part: Part, before: Part) -> bool:
    if not part.body or not before.body:
        return False
    if part.names and before.names:
        return part.names.isdisjoint(before.names)
    return part.sure


def _doubts(part: Part, reader: Parser | None) -> tuple[tuple[int, str, Concern], ...]:
    """What does not fit, and its own lines whose name is not that of the first."""
    if reader is None or reader.marks.apart:
        return ()
    others = [(line, SEVERAL) for line, name in part.named if name.lower() != part.named[0][1].lower()]
    return tuple((line, reason, Concern.FILTER) for line, reason in (*part.odd, *others))


def _mistaken(source: Source, named: Parser | None) -> tuple[tuple[int, str, Concern], ...]:
    """That the content certainly is of another format than the one ``named``."""
    if named is None or named.sniff(source) >= MIN_CONFIDENCE:
        return ()
    try:
        other = detect(source, kind=named.kind)
    except InputError:
        return ()
    if other.sniff(source) < SURELY:
        return ()
    reason = Reason("the format {name} is named, and the content speaks for {other}", name=named.name, other=other.name)
    return ((source.first, reason, Concern.FILTER),)


def _joined(found: Iterable[Part]) -> Part:
    whole = Part(1)
    for part in found:
        whole.join(part)
    return whole


@cache
def _patterns() -> tuple[
    re.Pattern[str], re.Pattern[str], re.Pattern[str], tuple[tuple[re.Pattern[str], str, re.Pattern[str] | None], ...]
]:
    """First lines of exports; those that stand nowhere else; lines with names, of all formats and of each with what
    opens their block and the last line."""
    marks = [parser.marks for parser in of_type("zoneguard.parsers", Parser)]
    begins = re.compile("|".join(f"(?:{m.begins})" for m in marks if m.begins))
    whole = re.compile("|".join(f"(?:{m.begins})" for m in marks if m.begins and m.whole))
    named = re.compile("|".join(f"(?:{h.replace('?P<host>', '?:')})" for m in marks for h, _ in m.hosts))
    ends = {m.ends: re.compile(m.ends) if m.ends else None for m in marks}
    return begins, whole, named, tuple((re.compile(h), above, ends[m.ends]) for m in marks for h, above in m.hosts)


class _Scan:
    """The lines one after the other. ``opener``: the last one that opened a block; ``ends``: the last line of exports
    of the format whose line named the part; ``heading``: a title that waits for the first line of an export;
    ``begun``: first words of such lines in this device."""

    def __init__(self) -> None:
        self._begins, self._whole, self._named, self._hosts = _patterns()
        self._part = Part(1)
        self._opener = ""
        self._ends: re.Pattern[str] | None = None
        self._heading: tuple[int, str] | None = None
        self._begun: set[str] = set()

    def candidates(self, lines: Sequence[str]) -> Iterator[Part]:
        """Parts as small as their lines allow."""
        for number, line in enumerate(lines, 1):
            text = line.lstrip()
            if not text:
                continue
            before = self._part
            first, indented = text[0], line[0] == " "
            plain = line[-1] != "{" and "name" not in line and "config " not in line
            if (
                first == '"'
                or (first == "<" and (indented or text.startswith(_ELEMENTS) or not self._begins.match(line)))
                or (indented and plain)
            ):
                before.body = True
                self._heading = None
                continue
            if indented:
                self._configures(number, line)
            elif self._begins.match(line) is not None:
                self._head(number, line)
            elif line[0] in _TITLE_FIRST and (title := _TITLE.match(line)) is not None:
                self._titled(number, title)
            elif ("#" in line or ">" in line or "$" in line or "%" in line) and (prompt := PROMPT.match(line)):
                self._prompted(number, prompt)
            elif line[0] not in "!#":
                if plain:
                    before.body = True
                    self._heading = None
                else:
                    self._configures(number, line)
                if self._ends and self._ends.fullmatch(line.rstrip()):
                    self._open(Part(number + 1))
            if self._part is not before:
                yield before
        yield self._part

    def _open(self, part: Part) -> None:
        """``part`` follows, or is the same where the one before has not configured anything and has no other name."""
        if not self._part.body and not (self._part.names and part.names):
            self._part.join(part)
        else:
            self._part, self._opener, self._ends = part, "", None
        if part.sure:
            self._begun.clear()

    def _head(self, number: int, line: str) -> None:
        word = line.split(None, 1)[0]
        if self._heading is not None and word in self._begun:
            part = Part(self._heading[0], sure=True)
            part.call(self._heading[1])
        else:
            part = Part(number, sure=self._whole.match(line) is not None)
        part.head = True
        self._heading = None
        self._open(part)
        self._begun.add(word)

    def _titled(self, number: int, title: re.Match[str]) -> None:
        if title["file"]:
            part = Part(number, sure=True)
            part.call(title["file"].rpartition("/")[2])
            self._open(part)
        else:
            self._heading = (number, title["said"] or title["ruled"])
            if not self._part.body:
                self._part.call(self._heading[1])

    def _prompted(self, number: int, prompt: re.Match[str]) -> None:
        """A prompt tells its host where something is shown at it, or typed into a configuration; a name that is set
        there will be the next one's."""
        shows = bool(prompt["command"]) and _SHOWS.match(prompt["command"]) is not None
        types = (prompt["mode"] or "").startswith("config")
        if (shows or types) and prompt["host"].lower() not in self._part.names:
            part = Part(number, sure=True)
            part.call(prompt["host"])
            self._open(part)
        if prompt["command"] and not shows:
            self._part.body = True
            for pattern, _, _ in self._hosts:
                if (renamed := pattern.match(prompt["command"])) is not None:
                    self._part.call(renamed["host"])

    def _configures(self, number: int, line: str) -> None:
        self._part.body = True
        self._heading = None
        if "config " in line or line.endswith("{"):
            self._opener = line.strip()
        if "name" not in line or self._named.match(line) is None:
            return
        for pattern, above, ends in self._hosts:
            named = pattern.match(line)
            if named is not None and (not above or re.match(above, self._opener)):
                self._part.named.append((number, named["host"]))
                self._part.call(named["host"])
                self._ends = self._ends or ends
                return


def _reader(lines: Sequence[str], source: Source, parser: Parser | None, kind: Kind | None) -> Parser | None:
    """The parser for a part; ``None``: no format is recognised."""
    own = Source(source.file, tuple(lines), source.encoding)
    if parser is not None:
        return parser if parser.sniff(own) > 0 else None
    try:
        return detect(own, kind=kind or Kind.CONFIG)
    except InputError:
        return None


def _stray(source: Source) -> Parsed:
    """A part that nobody reads."""
    ledger = Ledger(replace(source, doubts=((source.first, UNKNOWN, Concern.FILTER), *source.doubts)), "")
    return Parsed((), ledger.close())


def _together(results: Sequence[Parsed]) -> Parsed:
    """The devices of all parts under one account. A part that nobody reads is a doubt of every device."""
    stray = [m for r in results if not r.devices for m in r.account.not_understood if m.concern is not Concern.OTHER]
    devices = tuple(replace(d, uncertain=(*d.uncertain, *stray)) if stray else d for r in results for d in r.devices)
    return Parsed(devices, _summed([result.account for result in results]))


def _summed(accounts: Iterable[LineAccount]) -> LineAccount:
    known = list(accounts)
    ignored: Counter[str] = Counter()
    for account in known:
        ignored.update(account.ignored)
    return LineAccount(
        file=known[0].file,
        format=", ".join(dict.fromkeys(account.format for account in known if account.format)),
        total=sum(account.total for account in known),
        understood=sum(account.understood for account in known),
        ignored=dict(sorted(ignored.items())),
        not_understood=tuple(m for account in known for m in account.not_understood),
    )
