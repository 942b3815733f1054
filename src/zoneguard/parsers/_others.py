"""What people bring and no parser reads: systems whose command line looks like Cisco's, and listings that leave out
what counts. They are told by lines that nothing else writes."""

from __future__ import annotations

import re

from zoneguard.model.text import N_, Text
from zoneguard.parsers import Source

_SYSTEMS = {
    "ArubaOS-Switch (ProCurve)": re.compile(r"; \S+ Configuration Editor;"),
    "Cisco IOS XR": re.compile(r"!! IOS XR Configuration"),
    "Arista EOS": re.compile(r"! device: \S+ \(.*\bEOS-"),
    "Comware / VRP": re.compile(r"\s*sysname \S+$"),
    "RouterOS": re.compile(r"#.* by RouterOS "),
    "VyOS / EdgeOS": re.compile(
        r"/\* === vyatta-config-version|// vyos-config-version|set (?:firewall name|interfaces ethernet) \S+ "
    ),
    "pfSense / OPNsense": re.compile(r"<(?:pfsense|opnsense)>"),
}
_APRESIA = re.compile(
    r"^[ \t]*(?:[!#].*\bapresia.*\b(?:configuration|firmware|aeos)|interface port \d|packet-filter2?(?:[ \t]|$)"
    r"|(?:create|config) access_profile )",
    re.IGNORECASE | re.MULTILINE,
)
"""AEOS of Apresia switches, the NP series among them, and ApresiaLight: no other system has these words."""
_LISTINGS = (
    (re.compile(r"Chain \S+ \((?:policy |\d+ references)"), "iptables -L", "iptables-save"),
    (re.compile(r"Status: (?:active|inactive)$"), "ufw status", "iptables-save, nft list ruleset"),
    (re.compile(r"\s+(?:icmp-block-inversion|rich rules):"), "firewall-cmd --list-all", "nft list ruleset"),
    (re.compile(r"Kernel IP(?:v6)? routing table"), "route -n, netstat -rn", "ip route show table all, ip rule"),
)
_HEAD, _SAMPLE = 100, 4000


def is_another_system(source: Source) -> bool:
    """Whether the first lines are of a system that is not read: half of it would be understood, and lists be lost."""
    return _system(source) is not None


def what_else(source: Source) -> Text | None:
    """What a file is that no parser reads, and what to bring instead; ``None`` where that is not known."""
    system = _system(source)
    if system is not None:
        return N_("this is a configuration of {system}, which is not read here", system=system)
    for line in source.own[:_HEAD]:
        for sign, command, better in _LISTINGS:
            if sign.match(line):
                return N_(
                    "this is what `{command}` prints, which leaves out what decides; bring the output of `{better}`",
                    command=command,
                    better=better,
                )
    return None


def _system(source: Source) -> str | None:
    lines = source.own[:_HEAD]
    found = next((name for name, sign in _SYSTEMS.items() if any(sign.match(line) for line in lines)), None)
    if found is None and _APRESIA.search("\n".join(source.own[:_SAMPLE])):
        return "APRESIA (AEOS)"
    return found
