"""Tunnels of Cisco's command line and its kin, from the blocks of their interfaces.

``tunnel protection ipsec``, or a mode that is IPsec itself, encrypts (Cisco, "IOS Interface and Hardware Component
Command Reference"; Allied Telesis, "Command Reference for AlliedWare Plus"; NEC, "UNIVERGE IXシリーズ
コマンドリファレンス マニュアル": ``tunnel mode ipsec``, ``ipsec-ikev2``). Any other tunnel may still run inside of a
``crypto map`` of the interface that it leaves by: where the file has one, that is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from zoneguard.model.addresses import address_or_none
from zoneguard.model.settings import Tunnel
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._commands import Command

L = TypeVar("L", bound=Command)
_ACCESS = frozenset({"4-over-6", "map-e", "6rd", "6to4", "isatap", "ngn"})
"""Modes of lines to the Internet, which lead to no other site."""
_OFF = frozenset({("shutdown",), ("no", "tunnel", "mode")})


def read_tunnels(lines: Iterable[L], span: Callable[[L], SourceSpan]) -> tuple[Tunnel, ...]:
    """The tunnels that are up."""
    known = list(lines)
    maps = any(child.words[:2] == ("crypto", "map") for line in known for child in line.children)
    return tuple(_tunnels(known, span, maps))


def _tunnels(lines: Iterable[L], span: Callable[[L], SourceSpan], maps: bool) -> Iterator[Tunnel]:
    for line in lines:
        name = "".join(line.words[1:])
        if line.words[0].lower() != "interface" or not name.lower().startswith("tunnel"):
            continue
        inside = [tuple(word.lower() for word in child.words) for child in line.children]
        modes = [words for words in inside if words[:2] == ("tunnel", "mode")]
        protected = any(words[:3] == ("tunnel", "protection", "ipsec") for words in inside)
        if any(word in _ACCESS for words in modes for word in words):
            continue
        if not inside or _OFF & set(inside) or not (modes or protected or any(w[0] == "tunnel" for w in inside)):
            continue
        secret = protected or any(word.startswith("ipsec") for words in modes for word in words)
        peers = [words[-1] for words in inside if words[:2] in (("tunnel", "destination"), ("peer", "ip"))]
        peer = address_or_none(peers[-1]) if peers else None
        yield Tunnel(name, span(line), True if secret else None if maps else False, peer)
