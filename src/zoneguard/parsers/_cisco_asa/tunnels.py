"""Tunnels to other sites: entries of crypto maps, and virtual tunnel interfaces, which are of IPsec alone.

An entry encrypts unless each of its transform sets or proposals is of ``esp-null`` (Cisco, "ASA Series Command
Reference", ``crypto ipsec ikev1 transform-set``, ``crypto ipsec ikev2 ipsec-proposal``, ``tunnel mode ipsec``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.addresses import address_or_none
from zoneguard.model.settings import Tunnel
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.lines import Command


def read_tunnels(configs: Iterable[Config]) -> tuple[Tunnel, ...]:
    """The tunnels of every context."""
    return tuple(tunnel for config in configs for tunnel in _tunnels(config))


def _tunnels(config: Config) -> Iterator[Tunnel]:
    commands = [command for command in config.part.commands if command.words[0] in ("crypto", "interface")]
    secret = _algorithms(commands)
    profiles = {
        c.words[3]: _named(c.inner) for c in commands if c.words[:3] == ("crypto", "ipsec", "profile") and c.words[3:]
    }
    entries: dict[tuple[str, str], list[Command]] = {}
    for command in commands:
        if command.words[:2] == ("crypto", "map") and command.words[4:5] in (("set",), ("match",)):
            entries.setdefault((command.words[2], command.words[3]), []).append(command)
    for (name, number), lines in entries.items():
        peers = [c for c in lines if c.words[4:6] == ("set", "peer") and len(c.words) > 6]
        if peers:
            used = [word for c in lines if _names_algorithms(c.words[5:]) for word in c.words[5:]]
            yield Tunnel(
                f"{name} {number}", config.span(peers[0]), _encrypts(used, secret), address_or_none(peers[0].words[6])
            )
    for command in commands:
        if command.words[:1] != ("interface",) or not "".join(command.words[1:]).lower().startswith("tunnel"):
            continue
        inside = [child.words for child in command.inner]
        protected = [
            words[4] for words in inside if words[:4] == ("tunnel", "protection", "ipsec", "profile") and words[4:]
        ]
        peer = next((words[2] for words in inside if words[:2] == ("tunnel", "destination") and words[2:]), "")
        if ("shutdown",) not in inside and (protected or peer):
            used = [word for name in protected for word in profiles.get(name, ())]
            yield Tunnel(
                "".join(command.words[1:]), config.span(command), _encrypts(used, secret), address_or_none(peer)
            )


def _algorithms(commands: Iterable[Command]) -> dict[str, bool]:
    """Transform sets and proposals → whether they encrypt."""
    found: dict[str, bool] = {}
    for command in commands:
        words = command.words
        if words[:2] != ("crypto", "ipsec") or len(words) < 4:
            continue
        rest = words[3:] if words[2] in ("ikev1", "ikev2") else words[2:]
        if rest[:1] == ("transform-set",) and len(rest) > 2 and rest[2] != "mode":
            found[rest[1]] = "esp-null" not in rest
        elif rest[:1] == ("ipsec-proposal",) and len(rest) > 1:
            chosen = [c.words for c in command.inner if c.words[:3] == ("protocol", "esp", "encryption")]
            found[rest[1]] = any(set(words[3:]) - {"null"} for words in chosen)
    return found


def _named(lines: Iterable[Command]) -> tuple[str, ...]:
    """What the lines of an IPsec profile name."""
    return tuple(word for line in lines if _names_algorithms(line.words[1:]) for word in line.words)


def _names_algorithms(words: tuple[str, ...]) -> bool:
    return bool(words) and ("transform-set" in words[:2] or "ipsec-proposal" in words[:2])


def _encrypts(used: Iterable[str], secret: dict[str, bool]) -> bool | None:
    found = {secret[word] for word in used if word in secret}
    return found.pop() if len(found) == 1 else None
