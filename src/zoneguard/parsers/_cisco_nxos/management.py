"""How a Nexus switch lets itself be managed.

After Cisco, "Nexus 9000 Series NX-OS Security Configuration Guide", chapter on SSH and Telnet (default settings: the
SSH server is enabled, the Telnet server disabled) and "Programmability Guide", chapter on NX-API. Whether NX-API also
answers by HTTP differs between releases, so that a switch with ``feature nxapi`` tells of its services only where both
``nxapi http`` and ``nxapi https`` have a line. Likewise when an idle session ends: it has no common default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from zoneguard.model.settings import Access, DeviceSettings, Topic
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.management import read_management
from zoneguard.parsers._management import PORTS, port
from zoneguard.parsers.accounting import Ledger


def read_settings(
    lines: Sequence[Line], ledger: Ledger, span: Callable[[Line], SourceSpan], ports: Iterable[str]
) -> DeviceSettings:
    """The settings of a switch with the routed interfaces ``ports``."""
    commands = {line.words: line for line in lines if line.word(0) in ("feature", "no", "nxapi", "version")}
    offered = _offered(commands)
    silent = commands.get(("no", "feature", "ssh"))
    for line in (*offered.values(), *([] if silent is None else [silent])):
        ledger.understood(line.number)
    accesses = [
        Access(service, number, name, span(line))
        for (service, number), line in offered.items()
        for name in sorted(ports)
    ]
    settings = read_management(lines, ledger, span, accesses, "Cisco NX-OS", frozenset({Topic.ACCESS}))
    unsettled = set() if _is_modelled(commands) else {Topic.ACCESS}
    if not {"console", "vty"} <= {limit.way for limit in settings.idle}:
        unsettled.add(Topic.IDLE)
    return replace(settings, told=settings.told - unsettled)


def _offered(commands: Mapping[tuple[str, ...], Line]) -> dict[tuple[str, int], Line]:
    """The services that run, with their ports and the lines that start them; SSH runs unless it is switched off."""
    found: dict[tuple[str, int], Line] = {}
    version = next((line for words, line in commands.items() if words[0] == "version"), None)
    ssh = commands.get(("feature", "ssh"), version)
    if ssh is not None and ("no", "feature", "ssh") not in commands:
        found["ssh", PORTS["ssh"]] = ssh
    if ("feature", "telnet") in commands:
        found["telnet", PORTS["telnet"]] = commands["feature", "telnet"]
    if ("feature", "nxapi") in commands:
        for words, line in commands.items():
            if words[:1] == ("nxapi",) and words[1:2] in (("http",), ("https",)) and words[2:3] == ("port",):
                found[words[1], port(line.word(3), PORTS[words[1]])] = line
    return found


def _is_modelled(commands: Mapping[tuple[str, ...], Line]) -> bool:
    """Whether the file says of every service whether it runs."""
    spoken = {word for words in commands if "nxapi" in words[:2] for word in words if word in ("http", "https")}
    return ("feature", "nxapi") not in commands or len(spoken) == 2
