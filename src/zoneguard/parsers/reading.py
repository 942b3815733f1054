"""A file → ``Source``: what may be read, in which encoding, less what a terminal left in it; and which parser reads it.

Encodings are chosen from the bytes alone, in this order, so that the same file always reads the same:

1. a byte order mark (UTF-8, UTF-16);
2. the escape sequences of ISO-2022-JP (7-bit, ``ESC $ B`` and its kin);
3. UTF-8, where all of it is valid, or where for each undecodable byte there are four valid characters outside ASCII;
4. EUC-JP or CP932, where one is valid; where both are, the less implausible reading: CP932 shows EUC-JP text as
   half-width katakana with punctuation and voicing marks in impossible places, EUC-JP shows CP932 half-width katakana
   as rare kanji. Equal: CP932, which is far more usual;
5. otherwise UTF-8 too, if what cannot be decoded is little.

JSON that stands on one line is laid out as ``jq .`` does it, so that its objects have lines of their own.

An undecodable byte is written ``\\xNN``: distinct bytes stay distinct, and a parser that meets one where it matters
does not understand that line.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from zoneguard.model.errors import InputError, system_reason
from zoneguard.model.text import N_
from zoneguard.parsers import Kind, Parser, Source
from zoneguard.parsers._others import what_else
from zoneguard.parsers._rule_list.workbook import is_workbook, workbook_text
from zoneguard.plugins import of_type

MAX_BYTES = 256 * 1024 * 1024
MIN_CONFIDENCE = 0.3
_DENSE, _TOO_DENSE = 500, 64 * 1024 * 1024  # characters of a line of JSON between which it is laid out
_MAX_DAMAGE = 0.1  # share of control characters or undecodable bytes above which a file is no text

_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\$\([D@B]|\([JI])")
_CONTROL = re.compile(r"[\x01-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_LINE_END = re.compile(r"\r{0,8}\n")
_TERMINAL = re.compile(r"[\x08\x1b\r]")
_PAGER = re.compile(
    r"<?-{1,3} ?\(?(?:more|つづく)(?: ?\(?\d{1,3}%\)?)?\)? ?-{1,3}>?(?: ?\(\d{1,3}%\))?"
    r"|lines \d{1,9}-\d{1,9}(?:/\d{1,9})?(?: \(END\)| \d{1,3}%)?$",
    re.IGNORECASE | re.MULTILINE,
)
_ESCAPE = re.compile(
    r"\x1b(?:\[([0-?]{0,64})[ -/]{0,16}([@-~])"  # control sequences, of which only erasing matters
    r"|\][^\x07\x1b]{0,1024}(?:\x07|\x1b\\)"  # window titles
    r"|[ -/]{1,4}[0-~]|[0-Z\\-~])?"
)


def read_source(path: Path, shown: str) -> Source:
    """The decoded text of the regular file ``path``, named ``shown`` in messages and spans.

    Raises ``InputError`` where the file is missing, no regular file, unreadable, empty, over ``MAX_BYTES`` or no text.
    """
    data = _read(path, shown)
    if is_workbook(data):
        return Source(shown, tuple(workbook_text(data, shown).splitlines()), "xlsx")
    text, encoding = decode(data, shown)
    lines = tuple(part for line in split_lines(text) for part in laid_out(line))
    return Source(shown, lines, encoding, unended=not text.endswith(("\n", "\r")))


def laid_out(line: str) -> tuple[str, ...]:
    """The lines of a long line that is one whole JSON document, two blanks deeper at each level; else the line."""
    if not _DENSE < len(line) < _TOO_DENSE or line.lstrip()[:1] not in ("{", "["):
        return (line,)
    try:
        text = json.dumps(json.loads(line), ensure_ascii=False, indent=2)
        text.encode()
    except (ValueError, RecursionError):
        return (line,)
    return tuple(text.split("\n"))


def _read(path: Path, shown: str) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(N_("this is a directory; name the exported file in it"), shown)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(N_("this is not a regular file; save the export to a file and name that"), shown)
        if status.st_size > MAX_BYTES:
            raise _too_large(shown)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(N_("there is no such file; check the path"), shown) from None
    except (OSError, ValueError) as error:
        said = N_("cannot be read: {reason}; check the path and its permissions", reason=system_reason(error))
        raise InputError(said, shown) from None
    if len(data) > MAX_BYTES:
        raise _too_large(shown)
    return data


def _too_large(shown: str) -> InputError:
    return InputError(
        N_("larger than {limit} MiB, so hardly a configuration; export the configuration alone", limit=MAX_BYTES >> 20),
        shown,
    )


def _not_text(shown: str) -> InputError:
    return InputError(
        N_("binary data, not text; export the configuration as text (UTF-8, CP932, EUC-JP, UTF-16 with its mark)"),
        shown,
    )


def decode(data: bytes, shown: str) -> tuple[str, str]:
    """The text of ``data`` and the encoding chosen as the module says; ``InputError`` for empty input or no text."""
    text, encoding = _decode(data, shown)
    if not text.strip():
        raise InputError(N_("the file is empty; export the configuration again"), shown)
    if "\0" in text or sum(1 for _ in _CONTROL.finditer(text)) > _MAX_DAMAGE * len(text):
        raise _not_text(shown)
    return text, encoding


def _decode(data: bytes, shown: str) -> tuple[str, str]:
    data = data.removesuffix(b"\x1a")  # the end of a text file for CP/M and its heirs, terminal programs among them
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16", shown), "utf-16"
    if b"\0" in data:
        raise _not_text(shown)
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if _ISO_2022_JP.search(data) and (text := _try(data, "iso2022_jp_2")) is not None:
        return text, "iso-2022-jp"
    if (text := _try(data, "utf-8")) is not None:
        return text, "utf-8"
    damaged = data.decode("utf-8", "backslashreplace"), "utf-8, damaged"
    readable = data.decode("utf-8", "ignore")
    undecodable = (len(damaged[0]) - len(readable)) // len(r"\xNN")
    if len(_HIGH.findall(readable)) > 4 * undecodable:
        return damaged
    euc, cp932 = _try(data, "euc_jp"), _try(data, "cp932")
    if cp932 is not None and _NOT_CP932.search(cp932):
        cp932 = None
    if cp932 is not None and (euc is None or _implausible_cp932(cp932) <= _implausible_euc(euc)):
        return cp932, "cp932"
    if euc is not None:
        return euc, "euc-jp"
    if undecodable > _MAX_DAMAGE * len(data):
        raise _not_text(shown)
    return damaged


def _strictly(data: bytes, encoding: str, shown: str) -> str:
    text = _try(data, encoding)
    if text is None:
        raise _not_text(shown)
    return text


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


_MISPLACED_HALF_WIDTH = re.compile("[｡｢｣､･]|(?<![ｳｶ-ﾄﾊ-ﾎ])ﾞ|(?<![ﾊ-ﾎ])ﾟ|(?<![ｦ-ﾟ])[ｧ-ｰ]")
_NOT_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")  # what the codec makes of bytes the code page leaves undefined
_HIGH = re.compile(r"[^\x00-\x7f]")


def _implausible_cp932(text: str) -> int:
    return sum(1 for _ in _MISPLACED_HALF_WIDTH.finditer(text))


def _implausible_euc(text: str) -> int:
    """Characters outside rows 1 to 47 of JIS X 0208: signs, kana and the kanji of everyday use."""
    return sum(not b"\xa1" <= c.encode("euc_jp")[:1] <= b"\xcf" for c in _HIGH.findall(text))


def split_lines(text: str) -> tuple[str, ...]:
    """The lines as a terminal would have shown them, by LF, CRLF or CR; pager prompts and escape sequences are gone.

    A line of the result is a line of the file: what is removed never moves a line number. Among LF line ends a lone CR
    after a prompt or blanks was the terminal's way to erase them; after anything else it ends a line. Blanks that do
    not break, of web pages and documents, are blanks.
    """
    text = text.replace("\xa0", " ")
    lines = _LINE_END.split(text) if "\n" in text else text.split("\r")
    if lines[-1] == "":
        lines.pop()
    if not _TERMINAL.search(text) and not _PAGER.search(text):
        return tuple(lines)
    return tuple(part for line in lines for part in _parts(line))


def _parts(line: str) -> list[str]:
    if "\r" not in line:
        return [_shown(line)]
    return [part for part in map(_shown, line.split("\r")) if part.strip()] or [""]


def _shown(line: str) -> str:
    """What a terminal shows after ``line`` (without CR), less a pager's prompt at its start."""
    if _TERMINAL.search(line):
        line = _overwritten(line)
    stripped = line.lstrip()
    match = _PAGER.match(stripped)
    return stripped[match.end() :] if match else line


def _overwritten(line: str) -> str:
    cells: list[str] = []
    column = 0
    position = 0
    while position < len(line):
        char = line[position]
        position += 1
        if char == "\b":
            column = max(0, column - 1)
        elif char == "\x1b":
            escape = _ESCAPE.match(line, position - 1)
            assert escape is not None
            position = escape.end()
            if escape[2] == "K":
                column = 0 if escape[1] == "2" else column
                del cells[column:]
        else:
            cells[column : column + 1] = [char]
            column += 1
    return "".join(cells).rstrip()


def detect(source: Source, formats: Iterable[Parser] | None = None, kind: Kind | None = None) -> Parser:
    """The parser most confident of ``source``, of those of ``kind`` (default: all).

    Raises ``InputError`` naming the candidates where none reaches ``MIN_CONFIDENCE`` or the best two are equal.
    """
    candidates = [p for p in (_parsers() if formats is None else formats) if kind is None or p.kind is kind]
    scored = sorted(((p.sniff(source), p) for p in candidates), key=lambda s: (-s[0], s[1].name))
    best = [p for score, p in scored if score >= MIN_CONFIDENCE and score == scored[0][0]]
    if len(best) == 1:
        return best[0]
    if best:
        raise InputError(
            N_(
                "this could be {names} alike; say which: `--format`, or `format:` in zoneguard.yaml",
                names=", ".join(p.name for p in best),
            ),
            source.file,
        )
    known = what_else(source)
    if known is not None:
        raise InputError(known, source.file)
    raise InputError(
        N_(
            "no known format is recognised; if it is one of these, name it (`--format`, or `format:` in "
            "zoneguard.yaml): {names}",
            names=", ".join(sorted(p.name for p in candidates)),
        ),
        source.file,
    )


def parser_named(name: str, formats: Iterable[Parser] | None = None) -> Parser:
    """The parser called ``name``. Raises ``InputError`` listing the known names."""
    candidates = _parsers() if formats is None else tuple(formats)
    for parser in candidates:
        if parser.name == name:
            return parser
    known = ", ".join(sorted(p.name for p in candidates))
    raise InputError(N_("no format is called {name}; known are {known}", name=name, known=known))


def _parsers() -> tuple[Parser, ...]:
    return of_type("zoneguard.parsers", Parser)
