"""Azure virtual networks: the JSON of ``az network … list`` and ``show``, of the REST interface, and of templates.

Source of the meaning: Microsoft Learn, the pages on network security groups, service tags, virtual network routing and
peering. Several answers may stand one after another in a file.
"""

from __future__ import annotations

import re

from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._azure.effective import taken
from zoneguard.parsers._azure.estate import gathered
from zoneguard.parsers._azure.vnet import vnet_devices
from zoneguard.parsers._cloud import asked_before, finished
from zoneguard.parsers._json_lines import read_documents
from zoneguard.parsers.accounting import Ledger

FRAME = "the frame of the answer, or a resource that neither routes nor filters"
TYPE = re.compile(r'"type"\s*:\s*"Microsoft\.Network/(?:networkSecurityGroups|virtualNetworks|routeTables|'
                  r'networkInterfaces)', re.IGNORECASE)  # fmt: skip
INTERFACE = re.compile(r"(?:--(?:name|ids|nic-name)|-n)[ =]+[\"']?([^\s\"']+)")
"""Of the command in front of an answer the network interface that it asked about."""
KEYS = re.compile(
    r'"(?:defaultSecurityRules|securityRules|virtualNetworkPeerings|effectiveSecurityRules|nextHopIpAddress)"\s*:'
)
BEGIN = re.compile(r"\s*[{\[]")


def parse(source: Source, name: str) -> Parsed:
    """A device for each virtual network."""
    ledger = Ledger(source, PLUGIN.name)
    found = read_documents(source.lines, ledger)
    for document in found:
        ledger.ignored(FRAME, document.first, document.last)
    effective, others = taken(found, ledger, lambda document: asked_before(source, document, INTERFACE).lower())
    return finished(ledger, vnet_devices(source, ledger, gathered(others, ledger), effective, name))


def sniff(source: Source) -> float:
    """By the types of the resources, else by keys that only they have; less where a session stands around it."""
    head = "\n".join(line[:100_000] for line in source.lines[:4000])
    certainty = 0.95 if TYPE.search(head) else 0.8 if KEYS.search(head) else 0.0
    return certainty if BEGIN.match(head) else min(certainty, 0.6)


PLUGIN = Parser(name="azure", title="Azure virtual networks (az network …, templates)", sniff=sniff, parse=parse)
