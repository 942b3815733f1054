"""Stands between a client of RDP and a server without encryption, and tells the client that somebody is logged on when
it can take it: xrdp 0.9.21 says so (MS-RDPEFS 2.2.2.3) before it has asked what the client can do, and FreeRDP 2.11
then offers no drives. ``relay.py PORT ADDRESS PORT``."""

from __future__ import annotations

import socket
import sys
import threading

LOGGED_ON, CONFIRMED = b"rDLU", b"rDCC"
CONFIRMATION = 12  # bytes
DATA = b"\x02\xf0\x80"
"""What the packet begins with, behind four bytes."""


def copy(source: socket.socket, target: socket.socket) -> None:
    held = b""
    while said := source.recv(1 << 16):
        at = said.find(LOGGED_ON)
        if at >= 0:
            start, end = said.rindex(DATA, 0, at) - 4, at + len(LOGGED_ON)
            held, said = said[start:end], said[:start] + said[end:]
        at = said.find(CONFIRMED)
        if held and at >= 0:
            said, held = said[: at + CONFIRMATION] + held + said[at + CONFIRMATION :], b""
        target.sendall(said)
    target.shutdown(socket.SHUT_WR)


def main(port: int, address: str, target: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listening:
        while True:
            client, _ = listening.accept()
            try:
                server = socket.create_connection((address, target))
            except OSError:
                client.close()
                continue
            for ends in ((client, server), (server, client)):
                threading.Thread(target=copy, args=ends, daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
