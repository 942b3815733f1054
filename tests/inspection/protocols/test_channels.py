"""Files of SMB 3 that go over several connections at once, and pipes that carry more than lookups."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.smb2 import SMB2_Negotiate_Protocol_Request, SMB2_Negotiate_Protocol_Response

from tests.inspection.protocols.test_smb import PROGRAM, Turns, close, command, create, pieces, read, tree, wire, write
from tests.inspection.talk import CORPUS, flow, talk
from zoneguard.dynamic.replay import Options, replay
from zoneguard.inspection import Conversation
from zoneguard.inspection.joining import name_data_connections
from zoneguard.inspection.protocols.smb import PLUGIN
from zoneguard.inspection.ranges import Ranges
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap

CUT = pieces(PROGRAM)
SHA256 = hashlib.sha256(PROGRAM).hexdigest()
CLIENT, SERVER = uuid.UUID(int=1 << 100 | 7), uuid.UUID(int=1 << 90 | 8)


def opened(server: uuid.UUID = SERVER) -> Turns:
    """Both say who they are, and the client asks for the share."""
    return [
        (">", wire(command(0, SMB2_Negotiate_Protocol_Request(ClientGUID=CLIENT, Dialects=[0x0311])))),
        ("<", wire(command(0, SMB2_Negotiate_Protocol_Response(GUID=server), answer=True))),
        *tree(),
    ]


READ = [*opened(), *create(2, r"dir\run.exe", size=len(PROGRAM), action=1)]
WRITTEN = [*opened(), *create(2, r"dir\run.exe")]


def moved(numbers: Iterable[int], how: object = read) -> Turns:
    return [turn for i in numbers for turn in how(10 + i, *CUT[i])]  # type: ignore[operator]


def seen(*channels: Turns) -> list[Transfer]:
    """Each channel on a connection of its own, all of one session."""
    ranges = Ranges()
    found: list[Transfer] = []
    for port, turns in enumerate(channels, 50000):
        made = talk(*turns, mss=700)
        of = flow(sport=port)
        up, down = (replace(stream, flow=of) for stream in (made.to_responder, made.to_originator))
        found += PLUGIN.inspect(Conversation(of, up, down, ranges.keep))
    return list(name_data_connections(ranges.settled([*found, *ranges.joined()])))


def joined(*channels: Turns) -> list[Transfer]:
    return [t for t in seen(*channels) if t.protocol == "smb-channels"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_file_read_over_two_connections_is_whole(order: tuple[int, ...]) -> None:
    channels = [[*READ, *moved(range(0, len(CUT), 2))], [*opened(), *moved(range(1, len(CUT), 2))]]
    (file,) = joined(*(channels[i] for i in order))
    assert (file.name, file.sha256, file.certainty, file.to_responder) == (
        "run.exe",
        SHA256,
        Certainty.INSPECTED,
        False,
    )
    assert dict(file.facts)["path"] == r"\\fs\share\dir\run.exe"
    found = seen(*(channels[i] for i in order))
    assert [t.certainty for t in found if not t.parent] == [Certainty.INSPECTED] * 3


def test_a_file_written_over_two_connections_is_whole() -> None:
    (file,) = joined([*WRITTEN, *moved((0, 2), write), *close(99)], [*opened(), *moved((1, 3), write)])
    assert (file.name, file.sha256, file.to_responder) == ("run.exe", SHA256, True)


def test_what_lacks_a_piece_or_its_length_is_not_joined() -> None:
    assert joined([*READ, *moved((0, 2))], [*opened(), *moved((3,))]) == []
    assert joined([*opened(), *moved((0, 2))], [*opened(), *moved((1, 3))]) == []
    assert joined([*WRITTEN, *moved((0, 2), write)], [*opened(), *moved((1, 3), write)]) == []
    for elsewhere in (opened(uuid.UUID(int=9)), tree()):  # the same numbers on another server, or on who knows which
        assert joined([*READ, *moved((0, 2))], [*elsewhere, *moved((1, 3))]) == []


def test_pieces_that_contradict_each_other_are_not_joined() -> None:
    other = [*moved((1, 3)), *read(30, CUT[0][0], bytes(len(CUT[0][1])))]
    assert joined([*READ, *moved((0, 2))], [*opened(), *other]) == []


def test_what_one_connection_wrote_of_a_file_is_not_the_whole() -> None:
    first, _ = seen([*WRITTEN, *moved((0, 1), write), *close(99)], [*opened(), *moved((2, 3), write)])
    assert (first.sha256, first.certainty) == ("", Certainty.PARTIAL)
    (alone,) = seen([*WRITTEN, *moved((0, 1), write), *close(99)])
    assert alone.sha256


@pytest.mark.parametrize(("pipe", "size", "told"), [("srvsvc", 3000, 0), ("mine", 3000, 0), ("mine", 90_000, 1)])
def test_a_pipe_by_which_much_goes_is_said(pipe: str, size: int, told: int) -> None:
    turns = [*tree(path=r"\\fs\IPC$", kind=2), *create(2, pipe), *write(3, 0, bytes(size)), *close(5)]
    found = seen(turns)
    assert [(t.kind, t.certainty, t.to_responder) for t in found] == told * [("session", Certainty.PARTIAL, True)]


@pytest.mark.corpus
def test_the_corpus_has_a_file_that_only_two_connections_hold() -> None:
    """The same program went back as base64 over one connection: its hash is known by two ways."""
    path = CORPUS / "captures/zeek__smb__smb3_multichannel.pcap"
    if not path.exists():
        pytest.skip(f"the external corpus is not at {CORPUS}")
    kept: dict[str, str] = {}

    def keep(transfer: Transfer, data: bytes) -> None:
        kept[transfer.key] = hashlib.sha256(data).hexdigest()

    entry = CaptureEntry(Path(path), SourceSpan("zoneguard.yaml", 1, 1))
    transfers = replay([entry], ZoneMap([]), Options(all_flows=True, digest=False, keep=keep)).transfers
    (file,) = (t for t in transfers if t.protocol == "smb-channels")
    (back,) = (t for t in transfers if t.size == file.size and t.parent and t.to_responder)
    assert (file.name, file.size, file.sha256) == ("12splwow64.exe", 135_168, kept[back.key])
