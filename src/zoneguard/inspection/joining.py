"""What only several conversations together tell: the names of files that an FTP session sent over data connections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from zoneguard.inspection.unread import UNREAD
from zoneguard.model.addresses import V6, format_address
from zoneguard.model.flows import Flow, Transfer

CONTROL, DATA = "ftp", "ftp-data"
BARE = frozenset({"raw", UNREAD})
_Announced = tuple[Transfer, str, str]  # session, operation, path


def name_data_connections(transfers: Iterable[Transfer]) -> tuple[Transfer, ...]:
    """The same transfers; bare files and unread flows that an FTP session announced have its name, and ``ftp-data`` as
    their protocol.

    The end point that was announced is one side of the data connection; the file goes in the announced direction and
    not before the session began.
    """
    transfers = tuple(transfers)
    announced: dict[str, list[_Announced]] = defaultdict(list)
    for transfer in transfers:
        if transfer.protocol == CONTROL:
            for fact, value in transfer.facts:
                if fact == "data-connection":
                    endpoint, operation, name = value.split(" ", 2)
                    announced[endpoint].append((transfer, operation, name))
    out: list[Transfer] = []
    data_keys: set[str] = set()
    for transfer in transfers:
        found = _announcement(transfer, announced) if transfer.protocol in BARE and not transfer.parent else None
        if found is not None:
            data_keys.add(transfer.key)
            out.append(_renamed(transfer, *found))
        elif transfer.parent in data_keys:  # parents come before what they contain
            data_keys.add(transfer.key)
            out.append(replace(transfer, protocol=DATA))
        else:
            out.append(transfer)
    return tuple(out)


def _announcement(transfer: Transfer, announced: dict[str, list[_Announced]]) -> _Announced | None:
    """The session, operation and path that fit; each announcement is used once, in order."""
    for endpoint in _endpoints(transfer.flow):
        for index, (control, operation, path) in enumerate(announced.get(endpoint, ())):
            client = control.flow.src if control.to_responder else control.flow.dst
            sender = transfer.flow.src if transfer.to_responder else transfer.flow.dst
            began = control.flow.first.time <= transfer.flow.first.time
            if began and (client == sender) == (operation == "write"):
                del announced[endpoint][index]
                return control, operation, path
    return None


def _renamed(transfer: Transfer, control: Transfer, operation: str, path: str) -> Transfer:
    name = "" if operation == "list" else path.replace("\\", "/").rpartition("/")[2]
    facts = (*transfer.facts, ("operation", operation), ("path", path), ("session", control.key))
    return replace(transfer, protocol=DATA, name=name, facts=facts)


def _endpoints(flow: Flow) -> tuple[str, str]:
    return _endpoint(flow.dst, flow.dport), _endpoint(flow.src, flow.sport)


def _endpoint(address: int, port: int) -> str:
    text = format_address(address)
    return f"[{text}]:{port}" if address >= V6 else f"{text}:{port}"
