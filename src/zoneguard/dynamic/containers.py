"""Capture files as they come: found by content, decompressed, hashed, and read to the end or to the cut.

Nothing is guessed from a file's name. What is not a capture is an ``InputError`` that says what it is and the way out.
"""

from __future__ import annotations

import atexit
import io
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from zoneguard.dynamic import _pcap, _pcapng
from zoneguard.dynamic._hashing import Hashing
from zoneguard.dynamic._window import Window, damage
from zoneguard.dynamic.columns import Frames
from zoneguard.model.errors import InputError, system_reason
from zoneguard.model.text import N_, Text

STDIN = "-"
PCAPNG = b"\n\r\r\n"
Part = TypeVar("Part")
Stamp = tuple[int, int, int]
PIECE = 1 << 19  # of a file that is decoded as it is read: stays in the processor's nearer cache
MAX_WRAPS = 4  # compressions around one another
SUFFIXES = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".cap.gz", ".dmp", ".ntar")

# magic → (module, what opens a stream with it); the module may be missing
COMPRESSIONS: tuple[tuple[bytes, str, Callable[[BinaryIO], object]], ...] = (
    (b"\x1f\x8b", "gzip", lambda f: import_module("gzip").GzipFile(fileobj=f)),
    (b"BZh", "bz2", lambda f: import_module("bz2").BZ2File(f)),
    (b"\xfd7zXZ\x00", "lzma", lambda f: import_module("lzma").LZMAFile(f)),
    (b"\x28\xb5\x2f\xfd", "zstandard", lambda f: import_module("zstandard").ZstdDecompressor().stream_reader(
        f, read_across_frames=True)),
    (b"\x04\x22\x4d\x18", "lz4.frame", lambda f: import_module("lz4.frame").LZ4FrameFile(f)),
)  # fmt: skip
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"snoop\x00\x00\x00", "Solaris snoop"),
    (b"GMBU", "Microsoft Network Monitor"),
    (b"RTSS", "Microsoft Network Monitor"),
    (b"TRSNIFF data", "Sniffer"),
    (b"XCP\x00", "NetXRay"),
    (b"\x1c\x00\x01\xac", "IXIA lcap"),
    (b"\x1c\x00\x01\xab", "IXIA lcap"),
)


class Capture:
    """One open capture. Iterate ``batches`` once; ``sha256``, ``frames`` and ``truncated`` are final after that.

    ``sha256`` is of the file as it lies on the disk, compressed or not (empty without ``digest``). ``truncated`` says
    where and why reading ended before the end, or is empty.
    """

    def __init__(
        self, file: str, number: int, raw: BinaryIO, digest: bool = True, find: _pcap.Finder | None = None
    ) -> None:
        self.file = file
        self.number = number
        self.frames = 0
        self.truncated = ""
        self._find = find
        self._hashing = Hashing(raw, digest)
        try:
            plain: io.BufferedReader = io.BufferedReader(self._hashing, 1 << 16)
            self._stream, self._head = _unwrap(plain, file)
            self._plain = self._stream is plain
            self._variant = _pcap.recognise(self._head)
            if self._variant is None and not self._head.startswith(PCAPNG):
                raise InputError(_refusal(self._head), file)
        except BaseException:
            self._hashing.close()
            raise

    @property
    def straight(self) -> bool:
        """Whether this is a classic capture that lies in its file as it is: ``pieces`` can read it."""
        return self._plain and self._variant is not None

    def batches(self) -> Iterator[Frames]:
        """The frames in file order; closes the file at the end."""
        window = Window(self._stream)
        if not self._plain:
            window.begin = -1
        reader = (
            _pcap.read(window, self._variant, self.number, self._find)
            if self._variant
            else _pcapng.read(window, self.number)
        )
        for frames in self._to_the_end(reader):
            self.frames += len(frames)
            yield frames

    def pieces(self, take: _pcap.Taker) -> Iterator[int]:
        """As ``batches``, of a ``straight`` capture, whose records ``take`` takes in where they lie: how many."""
        assert self._variant is not None
        for count in self._to_the_end(_pcap.through(Window(self._stream, PIECE), self._variant, take)):
            self.frames += count
            yield count

    def _to_the_end(self, reader: Generator[Part, None, str]) -> Iterator[Part]:
        try:
            self.truncated = yield from reader
            self._hashing.drain()
        finally:
            self._hashing.close()

    def close(self) -> None:
        """Give the file back without reading on."""
        self._hashing.close()

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self._hashing.hexdigest()


def find_captures(path: str) -> list[str]:
    """``path`` itself, or the captures directly in that directory: by content, whatever their names.

    Raises ``InputError`` where it is no capture, a directory holds none, or a file in it is one by its name only.
    """
    if path == STDIN or not Path(path).is_dir():
        open_capture(path, digest=False).close()
        return [path]
    found = []
    try:
        names = sorted(p for p in Path(path).iterdir() if p.is_file())
    except OSError as error:
        raise InputError(N_("cannot be read: {reason}", reason=system_reason(error)), path) from error
    for name in names:
        try:
            open_capture(str(name), digest=False).close()
        except InputError:
            if name.name.lower().endswith(SUFFIXES):
                raise
        else:
            found.append(str(name))
    if not found:
        raise InputError(N_("this directory holds no packet capture; give a pcap or pcapng file"), path)
    return found


def open_capture(path: str, number: int = 0, digest: bool = True, find: _pcap.Finder | None = None) -> Capture:
    """Open a capture file or, for ``-``, the standard input; ``find`` is the core's. Raises ``InputError``."""
    with _readable(path):
        return Capture(path, number, cast(BinaryIO, io.FileIO(on_disk(path))), digest, find)


def stamp(path: str) -> Stamp:
    """What changes when the file does: which file it is, its size, and when it was written. Raises ``InputError``."""
    with _readable(path):
        status = Path(on_disk(path)).stat()
        return status.st_ino, status.st_size, status.st_mtime_ns


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(N_("there is no such file"), path) from error
    except OSError as error:
        raise InputError(N_("cannot be read: {reason}", reason=system_reason(error)), path) from error


def on_disk(path: str) -> str:
    """Where the bytes of a capture are: ``-`` is kept in a temporary file."""
    return _stdin_on_disk() if path == STDIN else path


@cache
def _stdin_on_disk() -> str:
    """Captures are read more than once, a pipe is not: it is kept in a temporary file until the process ends."""
    from shutil import copyfileobj  # noqa: PLC0415 (loads every compression there is)
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 (loads them too)

    spool = NamedTemporaryFile(prefix="zoneguard-")  # noqa: SIM115 (closed at exit)
    atexit.register(spool.close)
    copyfileobj(sys.stdin.buffer, spool)
    spool.flush()
    return spool.name


def _unwrap(stream: io.BufferedReader, file: str) -> tuple[BinaryIO, bytes]:
    """The innermost stream and its first bytes."""
    for _ in range(MAX_WRAPS):
        try:
            head = stream.peek(16)[:16]
        except damage() as error:
            raise InputError(N_("damaged at its beginning: {reason}", reason=str(error)), file) from error
        for magic, module, opener in COMPRESSIONS:
            if head.startswith(magic):
                if find_spec(module.partition(".")[0]) is None:
                    raise InputError(_missing(module), file)
                stream = io.BufferedReader(cast(io.RawIOBase, opener(cast(BinaryIO, stream))), 1 << 16)
                break
        else:
            return cast(BinaryIO, stream), head
    raise InputError(N_("compressed more than {count} times; unpack it first", count=MAX_WRAPS), file)


def _missing(module: str) -> Text:
    package = module.partition(".")[0]
    return N_(
        "to read this compression, install the Python package {package}, or unpack the file first", package=package
    )


def _refusal(head: bytes) -> Text:
    if not head:
        return N_("the file is empty; give a pcap or pcapng file, as tcpdump -w writes it")
    for magic, name in FOREIGN:
        if head.startswith(magic):
            return N_("this is a {name} capture; convert it first: editcap -F pcapng IN OUT", name=name)
    return N_("not a packet capture (it begins with {head}); give a pcap or pcapng file, as tcpdump -w writes it",
              head=head[:4].hex(" "))  # fmt: skip
