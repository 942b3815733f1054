"""What only several conversations together tell: names of files that FTP, TFTP and IRC sent over other connections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from zoneguard.inspection.unread import UNREAD
from zoneguard.model.addresses import endpoint_text
from zoneguard.model.flows import Flow, Transfer

NAMED = {"ftp": "ftp-data", "tftp": "tftp", "irc": "dcc"}  # protocol of the session, of what it announces
BARE = frozenset({"raw", UNREAD})
_Announced = tuple[Transfer, str, str]  # session, operation, path


def name_data_connections(transfers: Iterable[Transfer]) -> tuple[Transfer, ...]:
    """The same transfers; bare files and unread flows that an FTP or IRC session announced have its name, and
    ``ftp-data`` or ``dcc`` as their protocol; blocks that answer a TFTP request have its name.

    The end point that was announced is one side of the data connection; the file goes in the announced direction and
    not before the session began.
    """
    transfers = tuple(transfers)
    announced: dict[str, list[_Announced]] = defaultdict(list)
    for transfer in transfers:
        if transfer.protocol in NAMED:
            for fact, value in transfer.facts:
                if fact == "data-connection":
                    endpoint, operation, name = value.split(" ", 2)
                    announced[endpoint].append((transfer, operation, name))
    out: list[Transfer] = []
    renamed: dict[str, str] = {}  # key → protocol
    for transfer in transfers:
        found = _announcement(transfer, announced) if _nameless(transfer) else None
        if found is not None:
            out.append(_renamed(transfer, *found))
            renamed[transfer.key] = out[-1].protocol
        elif transfer.parent in renamed:  # parents come before what they contain
            renamed[transfer.key] = renamed[transfer.parent]
            out.append(replace(transfer, protocol=renamed[transfer.parent]))
        else:
            out.append(transfer)
    return tuple(out)


def _nameless(transfer: Transfer) -> bool:
    """Whether somebody may have announced it."""
    if transfer.parent or transfer.name:
        return False
    return transfer.protocol in BARE or (transfer.protocol == "tftp" and transfer.kind == "file")


def _announcement(transfer: Transfer, announced: dict[str, list[_Announced]]) -> _Announced | None:
    """The session, operation and path that fit; each announcement is used once, in order."""
    flow = transfer.flow
    sender = flow.src if transfer.to_responder else flow.dst
    for waiting, endpoint in zip((flow.dst, flow.src), _endpoints(flow), strict=True):
        for index, (control, operation, path) in enumerate(announced.get(endpoint, ())):
            client = control.flow.src if control.to_responder else control.flow.dst
            sending = {"write": client == sender, "offer": waiting == sender, "fetch": waiting != sender}
            if control.flow.first.time <= flow.first.time and sending.get(operation, client != sender):
                del announced[endpoint][index]
                return control, operation, path
    return None


def _renamed(transfer: Transfer, control: Transfer, operation: str, path: str) -> Transfer:
    name = "" if operation == "list" else path.replace("\\", "/").rpartition("/")[2]
    facts = (*transfer.facts, ("operation", operation), ("path", path), ("session", control.key))
    return replace(transfer, protocol=NAMED[control.protocol], name=name, facts=facts)


def _endpoints(flow: Flow) -> tuple[str, str]:
    return endpoint_text(flow.dst, flow.dport), endpoint_text(flow.src, flow.sport)
