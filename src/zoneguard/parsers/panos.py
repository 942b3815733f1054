"""Palo Alto Networks PAN-OS: XML configurations, ``set`` lines and braces, of a firewall or of a whole Panorama.

Each virtual or logical router is a forwarding context; the virtual systems are policies between interfaces of it. The
meaning of every part is stated, with its source, in the module of ``_panos`` that reads it; ``docs/reference/panos.md``
is the overview.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneguard.model.device import Concern, Device
from zoneguard.model.text import Reason
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._panos.account import Accountant
from zoneguard.parsers._panos.device import read_device, weight
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.layout import Firewall, read_layout
from zoneguard.parsers._panos.reading import confidence, read_tree
from zoneguard.parsers.accounting import Ledger

MAX_WORK = 500_000
"""Rules of all firewalls, and of each router again those that translate or forward: a minute of work at most."""
_UNUSED = "a device group or template that no firewall of this file uses"


def sniff(source: Source) -> float:
    """By names that only PAN-OS has, in one of its three forms."""
    return confidence(source)


def parse(source: Source, name: str) -> Parsed:
    """The devices of one export: one, or as many as a Panorama manages."""
    ledger = Ledger(source, "panos")
    export = Export(source, ledger)
    root, asides = read_tree(source, ledger)
    layout = read_layout(root, name)
    devices = list(_devices(export, layout.firewalls))
    Accountant(export).account(root, [(node, _UNUSED) for node in layout.unused])
    for reason, line in asides:
        ledger.ignored(reason, line)
    doubts = ledger.uncertain
    return Parsed(tuple(replace(d, uncertain=(*d.uncertain, *doubts)) for d in devices), ledger.close())


def _devices(export: Export, firewalls: Iterable[Firewall]) -> Iterator[Device]:
    """Each firewall; a Panorama may name so many, with so many rules each, that only the first are read."""
    work = 0
    for firewall in firewalls:
        work += weight(firewall)
        if work > MAX_WORK:
            place = firewall.managed or firewall.network
            reason = Reason(
                '"{firewall}" and what follows is not read: the file has more rules than are read at once',
                firewall=firewall.name,
            )
            left_out = export.ledger.not_understood(place.first, reason, Concern.FILTER)
            yield Device(firewall.name, "paloalto", (), (), left_out.span)
            return
        yield read_device(export, firewall)


_MARKS = Marks(
    begins=r"<\?xml |<response status=|<config (?:version|urldb)=",
    whole=True,
    hosts=((r'set deviceconfig system hostname "?(?P<host>[^"\s]+)', ""),),
)
PLUGIN = Parser("panos", "Palo Alto Networks PAN-OS configuration", sniff, parse, marks=_MARKS)
