"""Unpacks the archive on standard input with libarchive and writes its files, framed, to standard output.

Run as a program of its own, so that damage to a library written in C ends this process and not the run. It knows
nothing of zoneguard. Arguments: how many bytes, files and seconds at most, path of the library. A frame is: length of
the name, state (0 whole, 1 not whole, 2 encrypted), length of the data, name, data. Numbers have 8 bytes, big-endian.
"""

from __future__ import annotations

import ctypes
import locale
import resource
import sys

_OK, _WARN = 0, -20
_NO_FILES = (0o040000, 0o120000)  # folders, links; archives of Windows tell no kind
_MEMORY = 1 << 30
_PIECE = 1 << 16
_WHOLE, _BROKEN, _ENCRYPTED = 0, 1, 2


def main(room: int, files: int, seconds: int, library: str) -> int:
    """Exit status 0: every file was listed."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY + room, _MEMORY + room))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    locale.setlocale(locale.LC_ALL, "")
    packed = sys.stdin.buffer.read()
    lib = ctypes.CDLL(library)
    for name in ("archive_read_new", "archive_entry_pathname", "archive_entry_pathname_utf8"):
        getattr(lib, name).restype = ctypes.c_void_p if name == "archive_read_new" else ctypes.c_char_p
    lib.archive_read_data.restype = ctypes.c_ssize_t
    lib.archive_read_data.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    archive = ctypes.c_void_p(lib.archive_read_new())
    for format_ in ("rar", "rar5", "7zip", "cab", "lha", "xar", "cpio", "iso9660"):
        getattr(lib, f"archive_read_support_format_{format_}")(archive)
    if lib.archive_read_open_memory(archive, packed, ctypes.c_size_t(len(packed))) < _WARN:
        return 1
    entry = ctypes.c_void_p()
    for _ in range(files):
        status = lib.archive_read_next_header(archive, ctypes.byref(entry))
        if status not in (_OK, _WARN):
            return 0 if status == 1 else 1
        if lib.archive_entry_filetype(entry) in _NO_FILES:
            continue
        named: bytes = lib.archive_entry_pathname_utf8(entry) or lib.archive_entry_pathname(entry) or b"?"
        data, state = _read(lib, archive, entry, room)
        room -= len(data)
        _write(named, data, state)
        if room <= 0:
            return 1
    return 1


def _read(lib: ctypes.CDLL, archive: ctypes.c_void_p, entry: ctypes.c_void_p, room: int) -> tuple[bytes, int]:
    if lib.archive_entry_is_encrypted(entry):
        return b"", _ENCRYPTED
    piece = ctypes.create_string_buffer(_PIECE)
    out = bytearray()
    while len(out) < room:
        size = lib.archive_read_data(archive, piece, _PIECE)
        if size == 0:
            return bytes(out), _WHOLE
        if size < 0:
            break
        out += piece.raw[:size]
    return bytes(out[:room]), _BROKEN


def _write(name: bytes, data: bytes, state: int) -> None:
    out = sys.stdout.buffer
    for number in (len(name), state, len(data)):
        out.write(number.to_bytes(8, "big"))
    out.write(name)
    out.write(data)
    out.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
