"""Which of its three forms a PAN-OS configuration is in, and that form as a tree of words."""

from __future__ import annotations

import re

from zoneguard.parsers import Source
from zoneguard.parsers._panos.braces import BraceReader
from zoneguard.parsers._panos.setform import SetReader
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers._panos.xmlform import PROMPT, read_xml
from zoneguard.parsers.accounting import Ledger

_SAMPLE = 3000
_OWN_SET = re.compile(
    r"(?:\S+@\S+# ?)?set (?:deviceconfig |network (?:interface|virtual-router|logical-router|profiles|ike"
    r"|shared-gateway|qos|tunnel|vlan|virtual-wire|dns-proxy) |mgt-config |rulebase |vsys vsys\d|device-group "
    r"|template(?:-stack)? "
    r"|shared (?:address|service|application|log-settings|pre-rulebase|post-rulebase|botnet|tag|profiles)"
    r"|zone (?:\"[^\"]*\"|\S+) network |address (?:\"[^\"]*\"|\S+) (?:ip-netmask|ip-range|ip-wildcard|fqdn) "
    r"|address-group (?:\"[^\"]*\"|\S+) (?:static|dynamic) |profiles custom-url-category )"
)
_XML = re.compile(
    r"<(?:deviceconfig|rulebase|mgt-config|virtual-router|device-group|pre-rulebase|address-group)\b"
    r"|<config [^>]*(?:urldb|detail-version|version)="
)
_FRAGMENT = re.compile(
    r"<entry name=\"[^\"]*\"[^>]*>\s*(?:<[\w-]+>\s*(?:<member>[^<]*</member>\s*)+</[\w-]+>|<(?:ip-netmask|fqdn)>)"
    r"|<response status=\"success\""
)
"""An entry with a list in it, or with an address; an answer of the API."""
_BRACES = re.compile(r"^\s*(?:deviceconfig|mgt-config|rulebase|virtual-router|vsys|pre-rulebase) \{", re.M)


def confidence(source: Source) -> float:
    """0 to 1, from names that only a PAN-OS configuration has."""
    lines = source.own[:_SAMPLE]
    form = _form(source)
    text = "\n".join(lines)
    if form == "xml":
        if _XML.search(text):
            return 0.95 if "<config" in text else 0.7
        return 0.6 if _FRAGMENT.search(text) else 0.0
    if form == "set":
        own = sum(1 for line in lines if _OWN_SET.match(line.strip()))
        return 0.0 if not own else 0.95 if own * 4 >= sum(line.lstrip().startswith("set ") for line in lines) else 0.6
    named = any("RANCID-CONTENT-TYPE: paloalto" in line for line in lines[:20])
    return 0.95 if named and "{" in text else 0.9 if _BRACES.search(text) and ";" in text else 0.0


def _form(source: Source) -> str:
    for line in source.lines:
        text = line.strip()
        if text.startswith("<"):
            return "xml"
        if text and text[0] not in "#!" and not PROMPT.match(text):
            break
    head = source.own[:_SAMPLE]
    if any(line.lstrip().startswith("set ") or "# set " in line for line in head):
        return "set"
    return "braces" if any(line.rstrip().endswith("{") for line in head) else "set"


def read_tree(source: Source, ledger: Ledger) -> tuple[Node, list[tuple[str, int]]]:
    """The configuration, and the lines that are none with the reason, to be accounted for after everything else."""
    form = _form(source)
    if form == "xml":
        return read_xml(source, ledger)
    reader = SetReader(source, ledger) if form == "set" else BraceReader(source, ledger)
    return reader.read(), reader.asides
