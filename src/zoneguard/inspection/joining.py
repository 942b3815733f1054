"""What only several conversations together tell: names of files that FTP, TFTP and IRC sent over other connections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from zoneguard.inspection.ranges import PIECE_OF, Piece
from zoneguard.inspection.unread import UNREAD
from zoneguard.model.addresses import endpoint_text
from zoneguard.model.flows import Certainty, Flow, Transfer
from zoneguard.model.text import N_, Text

NAMED = {"ftp": "ftp-data", "tftp": "tftp", "irc": "dcc"}  # protocol of the session, of what it announces
BARE = frozenset({"raw", UNREAD})
_ORDER = (Certainty.INSPECTED, Certainty.PARTIAL, Certainty.OPAQUE)


@dataclass(frozen=True, slots=True)
class Announced:
    """A data connection that a session speaks of: the session, what is done, why not with the whole file, its path."""

    session: Transfer
    operation: str
    doubts: Mapping[str, str]
    path: str

    @property
    def name(self) -> str:
        """The file's own name; a listing has none."""
        return "" if self.operation == "list" else self.path.replace("\\", "/").rpartition("/")[2]

    @property
    def piece(self) -> Piece | None:
        """Which part of which file the content is; ``None`` where no other part can be put to it."""
        doubts = self.doubts
        before = doubts.get("size", "")
        if "of" not in doubts or (self.operation == "append" and not before):
            return None
        offset = before if self.operation == "append" else doubts.get("rest", "0")
        read = self.operation == "read"
        to_the_end = "end" not in doubts and (read or offset in ("0", before))
        return Piece(doubts["of"], int(offset), before if read else "", to_the_end, written=not read)


class Announcements:
    """Data connections by the end point that was told; each is taken once, in the order in which they were told."""

    def __init__(self) -> None:
        self._told: dict[str, list[Announced]] = defaultdict(list)

    def learn(self, transfer: Transfer) -> None:
        """Take up what a session speaks of."""
        for fact, value in transfer.facts if transfer.protocol in NAMED else ():
            if fact == "data-connection":
                endpoint, operation, path = value.split(" ", 2)
                doing, *doubts = operation.split(";")
                told = Announced(transfer, doing, dict(doubt.split("=", 1) for doubt in doubts), path)
                self._told[endpoint].append(told)

    def mentions(self, flow: Flow) -> bool:
        """Whether some session spoke of an end of the flow."""
        return bool(self._told) and any(endpoint in self._told for endpoint in _endpoints(flow))

    def take(self, flow: Flow, sender: int) -> Announced | None:
        """What was told of the flow in which ``sender`` (an address) sends the file: one of its ends was, the direction
        is the one that was told, and the session began before."""
        for waiting, endpoint in zip((flow.dst, flow.src), _endpoints(flow), strict=True):
            for index, told in enumerate(self._told.get(endpoint, ())):
                control = told.session
                client = control.flow.src if control.to_responder else control.flow.dst
                sending = {
                    **dict.fromkeys(("write", "append"), client == sender),
                    "offer": waiting == sender,
                    "fetch": waiting != sender,
                }
                if control.flow.first.time <= flow.first.time and sending.get(told.operation, client != sender):
                    del self._told[endpoint][index]
                    return told
        return None

    def told(self, flow: Flow) -> Announced | None:
        """What was told of ``flow``, if anything was; who sent more is the sender."""
        return self.take(flow, flow.src if flow.payload[0] > flow.payload[1] else flow.dst) if self._told else None


def name_data_connections(transfers: Iterable[Transfer]) -> tuple[Transfer, ...]:
    """The same transfers; bare files and unread flows that an FTP or IRC session announced have its name, and
    ``ftp-data`` or ``dcc`` as their protocol; blocks that answer a TFTP request have its name. What is only a part of
    the file of that name is partial and has no hash."""
    transfers = _of_several_channels(tuple(transfers))
    announced = Announcements()
    for transfer in transfers:
        announced.learn(transfer)
    out: list[Transfer] = []
    renamed: dict[str, str] = {}  # key → protocol
    for transfer in transfers:
        flow = transfer.flow
        sender = flow.src if transfer.to_responder else flow.dst
        found = announced.take(flow, sender) if _bare(transfer) else None
        if found is not None:
            out.append(_renamed(transfer, found))
            renamed[transfer.key] = out[-1].protocol
        elif transfer.parent in renamed:  # parents come before what they contain
            renamed[transfer.key] = renamed[transfer.parent]
            out.append(replace(transfer, protocol=renamed[transfer.parent]))
        else:
            out.append(transfer)
    return tuple(out)


def _of_several_channels(transfers: tuple[Transfer, ...]) -> tuple[Transfer, ...]:
    """The same; what one connection wrote of a file to which others wrote as well is no whole file."""
    writers: dict[str, set[Flow]] = defaultdict(set)
    for transfer in transfers:
        if handle := _written(transfer):
            writers[handle].add(transfer.flow)
    reason = N_("other connections wrote to the same file")
    return tuple(
        replace(
            t, sha256="", certainty=max(t.certainty, Certainty.PARTIAL, key=_ORDER.index), reason=t.reason or reason
        )
        if len(writers.get(_written(t), ())) > 1
        else t
        for t in transfers
    )


def _written(transfer: Transfer) -> str:
    facts = dict(transfer.facts) if transfer.protocol == "smb" else {}
    return facts.get("handle", "") if facts.get("operation") == "write" else ""


def _bare(transfer: Transfer) -> bool:
    """Whether it has a name only if somebody announced it."""
    return not transfer.parent and (
        transfer.protocol in BARE or (transfer.protocol == "tftp" and transfer.kind == "file")
    )


def _renamed(transfer: Transfer, told: Announced) -> Transfer:
    facts = (*transfer.facts, ("operation", told.operation), ("path", told.path), ("session", told.session.key))
    named = replace(transfer, protocol=NAMED[told.session.protocol], name=told.name, facts=facts)
    reason = _part(told)
    if reason is None:
        return named
    if PIECE_OF in dict(transfer.facts):
        return replace(named, sha256="")
    certainty = Certainty.PARTIAL if named.certainty is Certainty.INSPECTED else named.certainty
    return replace(named, sha256="", certainty=certainty, reason=named.reason or reason)


def _part(told: Announced) -> Text | None:
    """Why what was sent is not the whole file of that name; ``None``: it is."""
    doubts = told.doubts
    if told.operation == "list":
        return None
    if "rest" in doubts:
        return N_("only what follows byte {offset} of the file was sent", offset=doubts["rest"])
    if "mode" in doubts:
        return N_("sent in the FTP mode {mode}, which is not undone", mode=doubts["mode"])
    if "end" in doubts:
        return N_("the server ended the transfer with code {code}", code=doubts["end"])
    if told.operation == "append" and doubts.get("size") != "0":
        return N_("added to the end of a file, of which the rest was not sent")
    return None


def _endpoints(flow: Flow) -> tuple[str, str]:
    return endpoint_text(flow.dst, flow.dport), endpoint_text(flow.src, flow.sport)
