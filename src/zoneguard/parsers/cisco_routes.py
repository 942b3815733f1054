"""Cisco IOS, IOS-XE and NX-OS: ``show ip route``, ``show ipv6 route``, with ``vrf NAME``, ``vrf all`` or ``vrf *``.

FRRouting prints the same form, with ``>`` for what is selected and ``*`` for what is in the kernel. Only routes in use
are taken; of a row with several ways each is a possible one.
"""

from __future__ import annotations

import re

from zoneguard.model.addresses import V6, prefix_of, prefix_span
from zoneguard.model.device import Concern, RouteKind
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._cisco.config import DEFAULT
from zoneguard.parsers._cisco.tables import Table
from zoneguard.parsers.accounting import BLANK, Ledger

LEGEND = "legend or heading of the table"
SESSION = "prompt or command of a pasted session"
NOT_USED = "a route that is not in use"
NO_ROW = "not a row of a routing table"
NO_DESTINATION = "this destination cannot be read"

_ADDRESS = r"[0-9a-fA-F:.]{2,45}"
_PREFIX = rf"(?P<to>{_ADDRESS}(?:/\d{{1,3}})?)"
_CODE = (
    r"(?P<code>[A-Za-z]{1,3}\d?)(?P<star>\*?)(?: ?(?:IA|EX|E1|E2|N1|N2|L1|L2|ia|su))?"
    r"(?: ?(?P<mark>[*>%+p&#=q!]{1,4}))?"
)
_ROW = re.compile(rf"{_CODE}\s+{_PREFIX}(?=\s|$)\s*")
_NXOS_ROW = re.compile(rf"{_PREFIX}, ubest/mbest: (?P<best>\d{{1,4}})/\d+(?P<more>.*)")
_RANK = re.compile(r"\[(?P<distance>\d{1,3})/(?P<metric>\d{1,10})\]\s*")
_VIA = re.compile(
    rf"via (?P<hop>{_ADDRESS})(?:%[^\s,]+)?(?: \((?P<vrf>[^)]{{1,64}})\))?(?P<more>(?:, .*| inactive.*)?)"
)
_FRR_LEAK = re.compile(r" ?\(vrf (?P<vrf>[^\s)]{1,64})\)")
_OUT = re.compile(r"via (?P<out>[A-Za-z][^\s,]*)(?P<more>(?:, .*)?)")
_LINK = re.compile(r"is (?:directly connected|a summary)(?P<more>(?:, .*)?)")
_DISCARD = re.compile(r"(?:unreachable )?\(?blackhole\)?.*|unreachable \(.*")
_NXOS_VIA = re.compile(
    rf"(?P<best>\*{{0,2}})via (?P<hop>{_ADDRESS}|Null0)(?:%(?P<vrf>[^\s,\]]+))?(?:, (?P<out>[A-Za-z][\w/.-]*))?"
    r", \[(?P<distance>\d+)/(?P<metric>\d+)\](?P<more>.*)"
)
_INTERFACE = re.compile(r"[A-Za-z][\w/.:-]*")
_AGE = re.compile(r"(?:\d+[ywdhm])+|\d+:\d{2}:\d{2}|never|weight \d+|\d{2}:\d{2}:\d{2}.*|(?:tag|label|src|rpf)\b.*")
_CONTEXT = re.compile(
    r"Routing Table: (?P<ios>\S+)|IPv6 Routing Table - (?P<six>\S+)(?: - \d+ entries.*)?|VRF (?P<frr>\S+?):?"
    r"|IP(?:v6)? Route Table for VRF \"(?P<nxos>[^\"]+)\"|IPv6 Routing Table.*"
)
_COMMAND = re.compile(r"\S{1,64}[>#] ?(?P<command>.*)")
_VRF_COMMAND = re.compile(r"sh\S* ip(?:v6)? ro\S* vrf (\S+)")
_LEGEND = re.compile(
    r"Codes:|Gateway of last resort|Default gateway is|.*\bis (?:variably )?subnetted,|'.+' (?:in via output )?denotes"
    r"|[A-Za-z>*+%&]{1,3}\d? ?- |\S+ - .*, .* - |Last updated|IP routing table name|IPv4 unicast VRF|IPv6 unicast VRF"
    r"|Route metric is|No routes|.*: no routes|VRF name:|<.*>$|.* - selected|.* - candidate default|t - trapped"
)
_SUBNETS = re.compile(r".* is (?:variably )?subnetted, (?P<count>\d{1,9}) subnets?\b.*")
CUT_SHORT = "the network has more subnets than the file shows: it is cut short, or a part of the table was asked for"
WAYS_MISSING = "this route has more ways than the file shows: it is cut short, or a part of the table was removed"
_SHORT = {"eth": "Ethernet", "po": "port-channel", "lo": "loopback", "vlan": "Vlan", "tunnel": "Tunnel", "nve": "nve"}
_MULTICAST = prefix_span(V6 + (0xFF << 120), 8)
_OWN = frozenset({"local", "hsrp", "vrrp", "vrrpv3", "glbp"})
_MASKED_ROW = re.compile(r"[A-Z][A-Z0-9* ]{0,6}\s+[0-9.]{7,15} [0-9.]{7,15} (?:\[|is directly )")


def sniff(source: Source) -> float:
    """By the legend of codes, the heading of NX-OS, or rows of their form; masks in place of lengths are an ASA's."""
    lines = [line.strip() for line in source.lines[:600]]
    if any(_MASKED_ROW.match(line) for line in lines):
        return 0.3
    if any(_NXOS_ROW.match(line) or line.startswith("IP Route Table for VRF") for line in lines):
        return 0.97
    if any(re.match(r"Codes: (?:L - local, )?[CL] - [Cc]onnected, (?:S - |[LC] - )", line) for line in lines):
        return 0.95
    if any(re.match(r"Codes: K - kernel route, C - connected, (?:L - local, )?S - static", line) for line in lines):
        return 0.9
    if any(re.match(r"Routing Table: \S+$|IPv6 Routing Table - |Gateway of last resort is ", line) for line in lines):
        return 0.9
    rows = [line for line in lines if (row := _ROW.match(line)) and _is_way(line[row.end() :])]
    return 0.5 if rows else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The table as a device of interfaces and routes called ``name``."""
    table = Table(source, Ledger(source, PLUGIN.name))
    reader = _Reader(table)
    for number, line in enumerate(source.lines, 1):
        reader.line(number, line.strip())
    reader.settle()
    return Parsed((table.device(name),), table.ledger.close())


class _Reader:
    """Reads row by row; ``_code`` and ``_used`` are those of the row that the next ways belong to."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._code = ""
        self._used = True
        self._marks = False
        self._length = 32
        self._promised = (0, 0)
        self._found: set[tuple[int, int]] = set()
        self._best = (0, 0)

    def settle(self) -> None:
        """The subnets of the network at hand have ended; those of another may follow between."""
        self._settle_ways()
        line, count = self._promised
        if len(self._found) < count:
            self._table.ledger.not_understood(line, CUT_SHORT, Concern.ROUTING)
        self._promised = (0, 0)
        self._found.clear()

    def _settle_ways(self) -> None:
        """NX-OS says of each prefix how many ways are the best, and shows them below."""
        line, missing = self._best
        if missing > 0:
            self._table.ledger.not_understood(line, WAYS_MISSING, Concern.ROUTING)
        self._best = (0, 0)

    def line(self, number: int, text: str) -> None:
        """One line of the file."""
        table, ledger = self._table, self._table.ledger
        if not text:
            ledger.ignored(BLANK, number)
        elif (heading := _CONTEXT.fullmatch(text)) is not None:
            self.settle()
            name = heading["ios"] or heading["six"] or heading["nxos"] or heading["frr"] or table.vrf
            table.context(DEFAULT if name.lower() == "default" else name)
            ledger.understood(number)
        elif (row := _NXOS_ROW.fullmatch(text)) is not None:
            self._settle_ways()
            self._best = number, int(row["best"])
            self._prefix(number, row["to"])
            ledger.understood(number)
        elif (way := _NXOS_VIA.fullmatch(text)) is not None and table.prefix is not None:
            self._nxos(number, way)
        elif (row := _ROW.match(text)) is not None and self._is_row(text, row):
            self._row(number, text, row)
        elif table.prefix is not None and _is_way(_without_marks(text)):
            self._way(number, _without_marks(text), self._used)
        elif _LEGEND.match(text[:200]):
            self._legend(number, text)
        elif (command := _COMMAND.fullmatch(text)) is not None:
            if (asked := _VRF_COMMAND.match(command["command"])) is not None and asked[1] not in ("all", "*"):
                table.context(DEFAULT if asked[1] == "default" else asked[1])
            table.prefix = None
            ledger.ignored(SESSION, number)
        else:
            ledger.not_understood(number, NO_ROW, Concern.ROUTING)

    def _legend(self, number: int, text: str) -> None:
        subnetted = re.match(rf"{_PREFIX} is subnetted", text)
        if subnetted is not None and "/" in subnetted["to"]:
            self._length = int(subnetted["to"].rpartition("/")[2])
        if (subnets := _SUBNETS.fullmatch(text)) is not None:
            self.settle()
            self._promised = number, int(subnets["count"])
        self._marks = self._marks or "> - selected" in text
        self._table.ledger.ignored(LEGEND, number)

    @staticmethod
    def _is_row(text: str, row: re.Match[str]) -> bool:
        return row["code"] != "via" and (row.end() == len(text) or _is_way(text[row.end() :]))

    def _prefix(self, number: int, text: str) -> bool:
        table = self._table
        try:
            table.prefix = prefix_of(text if "/" in text or ":" in text else f"{text}/{self._length}")
        except ValueError:
            table.prefix = None
            table.ledger.not_understood(number, NO_DESTINATION, Concern.ROUTING)
        else:
            self._found.add(table.prefix)
        return table.prefix is not None

    def _row(self, number: int, text: str, row: re.Match[str]) -> None:
        table = self._table
        if not self._prefix(number, row["to"]):
            return
        self._code = row["code"]
        marks = row["mark"] or ""
        self._marks = self._marks or ">" in marks
        self._used = not self._marks or ">" in marks
        table.distance = table.metric = 0
        rest = text[row.end() :]
        if not rest or _RANK.fullmatch(rest):
            self._ranked(rest)
            table.ledger.understood(number)
        else:
            self._way(number, rest, self._used)

    def _ranked(self, text: str) -> str:
        rank = _RANK.match(text)
        if rank is None:
            return text
        self._table.distance, self._table.metric = int(rank["distance"]), int(rank["metric"])
        return text[rank.end() :]

    def _way(self, number: int, text: str, used: bool) -> None:
        table = self._table
        rest = self._ranked(text)
        if not used or " inactive" in rest or " (recursive" in rest:  # the ways that resolve it follow
            table.ledger.ignored(NOT_USED, number)
            return
        leak = _FRR_LEAK.search(rest)
        rest = _FRR_LEAK.sub("", rest)
        out, hop, into = "", "", leak["vrf"] if leak else ""
        if (via := _VIA.fullmatch(rest)) is not None:
            hop, out, into = via["hop"], _interface(via["more"]), into or via["vrf"] or ""
        elif (link := _OUT.fullmatch(rest) or _LINK.fullmatch(rest)) is not None:
            out = link.groupdict().get("out") or _interface(link["more"])
        elif _DISCARD.fullmatch(rest):
            out = "Null0"
        if not (hop or out):
            table.ledger.not_understood(number, NO_ROW, Concern.ROUTING)
            return
        self._enter(number, hop, out, DEFAULT if into == "default" else into)

    def _enter(self, number: int, hop: str, out: str, into: str) -> None:
        table = self._table
        assert table.prefix is not None
        network, length = table.prefix
        if self._code in ("L", "LC") and length == (128 if network >= V6 else 32) and out.lower() != "null0":
            table.address(number, out, network)
            return
        if self._code == "L" or network in _MULTICAST:
            table.ledger.ignored(NOT_USED, number)
            return
        connected = self._code == "C" and not hop
        table.kind = RouteKind.CONNECTED if connected else RouteKind.EXPORTED
        table.add(number, hop, out, into)

    def _nxos(self, number: int, way: re.Match[str]) -> None:
        table = self._table
        assert table.prefix is not None
        kinds = {word.strip().partition("-")[0] for word in way["more"].split(",")}
        out = _full_name(way["out"] or "")
        table.distance, table.metric = int(way["distance"]), int(way["metric"])
        self._best = self._best[0], self._best[1] - (way["best"] == "*")
        if not way["best"]:
            table.ledger.ignored(NOT_USED, number)
        elif kinds & _OWN and out:
            table.address(number, out, table.prefix[0])
        elif "direct" in kinds and not out:
            table.ledger.not_understood(number, NO_ROW, Concern.ROUTING)
        elif way["hop"] == "Null0":
            table.kind = RouteKind.EXPORTED
            table.add(number, "", "Null0")
        else:
            direct = "direct" in kinds
            table.kind = RouteKind.CONNECTED if direct else RouteKind.EXPORTED
            into = way["vrf"] or ""
            table.add(number, "" if direct else way["hop"], out, DEFAULT if into == "default" else into)


def _without_marks(text: str) -> str:
    """FRR and IOS set marks before further ways: ``* via``, ``*> via``."""
    return re.sub(r"^[>*]{1,3}\s*(?=via |is |\[|unreachable)", "", text)


def _is_way(text: str) -> bool:
    rank = _RANK.match(text)
    rest = text[rank.end() :] if rank else text
    return (rank is not None and not rest) or rest.startswith(
        ("via ", "is directly connected", "is a summary", "unreachable", "blackhole")
    )


def _interface(more: str) -> str:
    """The interface among what follows a way, behind commas; ``""`` where there is none."""
    for part in (p.strip() for p in more.split(",")):
        if _INTERFACE.fullmatch(part) and not _AGE.fullmatch(part) and part not in ("receive", "inactive"):
            if part == "directly":
                continue
            return part
    return ""


def _full_name(name: str) -> str:
    """NX-OS shortens names in tables: ``Eth1/1``, ``Po10``, ``Lo0``."""
    kind = re.match(r"[A-Za-z-]*", name)
    assert kind is not None
    return _SHORT.get(kind[0].lower(), kind[0]) + name[kind.end() :]


PLUGIN = Parser(
    name="cisco-routes",
    title="Cisco routing table (show ip route, show ipv6 route)",
    sniff=sniff,
    parse=parse,
    kind=Kind.ROUTES,
)
