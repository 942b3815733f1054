"""Makes a process for each archive that it is told of, which unpacks it with libarchive.

Run as a program of its own, so that damage to a library written in C ends one process and not the run. It knows nothing
of zoneguard. Argument: path of the library. On the socket that is its standard input comes, for each archive, how many
bytes, files and seconds it may cost at most, and another socket: on that the archive, up to its end, then back the
files, framed. A frame is: length of the name, state (0 whole, 1 not whole, 2 encrypted), length of the data, name,
data. Numbers have 8 bytes, big-endian.
"""

from __future__ import annotations

import ctypes
import locale
import os
import resource
import socket
import sys

_OK, _WARN = 0, -20
_NO_FILES = (0o040000, 0o120000)  # folders, links; archives of Windows tell no kind
_MEMORY = 1 << 30
_PIECE = 1 << 16
_WHOLE, _BROKEN, _ENCRYPTED = 0, 1, 2


def main(library: str) -> None:
    """One archive after the other, until nobody asks any more."""
    locale.setlocale(locale.LC_ALL, "")
    lib = ctypes.CDLL(library)
    for name in ("archive_read_new", "archive_entry_pathname", "archive_entry_pathname_utf8"):
        getattr(lib, name).restype = ctypes.c_void_p if name == "archive_read_new" else ctypes.c_char_p
    lib.archive_read_data.restype = ctypes.c_ssize_t
    lib.archive_read_data.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    asked = socket.socket(fileno=sys.stdin.fileno())
    while True:
        told, sockets, _, _ = socket.recv_fds(asked, 100, 1)
        if not sockets:
            return
        with socket.socket(fileno=sockets[0]) as carrying:
            if not os.fork():
                try:
                    asked.close()
                    _unpack(lib, carrying, *map(int, told.split()))
                finally:
                    os._exit(0)
        os.wait()


def _unpack(lib: ctypes.CDLL, carrying: socket.socket, room: int, files: int, seconds: int) -> None:
    """Read the archive and write its files; run in a process of its own."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY + room, _MEMORY + room))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    packed = b"".join(iter(lambda: carrying.recv(1 << 20), b""))
    archive = ctypes.c_void_p(lib.archive_read_new())
    for format_ in ("rar", "rar5", "7zip", "cab", "lha", "xar", "cpio", "iso9660"):
        getattr(lib, f"archive_read_support_format_{format_}")(archive)
    if lib.archive_read_open_memory(archive, packed, ctypes.c_size_t(len(packed))) < _WARN:
        return
    entry = ctypes.c_void_p()
    for _ in range(files):
        status = lib.archive_read_next_header(archive, ctypes.byref(entry))
        if status not in (_OK, _WARN):
            return
        if lib.archive_entry_filetype(entry) in _NO_FILES:
            continue
        named: bytes = lib.archive_entry_pathname_utf8(entry) or lib.archive_entry_pathname(entry) or b"?"
        data, state = _read(lib, archive, entry, room)
        room -= len(data)
        _write(carrying, named, data, state)
        if room <= 0:
            return


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


def _write(carrying: socket.socket, name: bytes, data: bytes, state: int) -> None:
    carrying.sendall(b"".join(number.to_bytes(8, "big") for number in (len(name), state, len(data))) + name)
    carrying.sendall(data)


if __name__ == "__main__":
    main(sys.argv[1])
