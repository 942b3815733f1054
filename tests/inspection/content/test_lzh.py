"""LZH, which Japanese offices still send: written here by the format's rules, and as another program wrote it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound, kinds, look, vba_project, word
from zoneguard.inspection import Limits
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 4
REPEATED = b"abcabcabd, " * 60 + bytes(range(256)) + b"zzzz" * 50
BY_LHA = bytes.fromhex(
    "29002d6c68352d410100005c0400000a99016b2002d8c900050000821e0a00017265702e7478740000010a630f0002bfc0000000"
    "00000000000000000000000000000000000000000000000000000005555ae6fb8a6e24420c101b0b131ff7190b083e8be8bfc400"
    "020406080a0c0e10121416181a1c1e20222426282a2c2e30323436383a3c3e40424446484a4c4e50525456585a5c5e6062646668"
    "6a6c6e70727476787a7c7e80828486888a8c8e90929496989a9c9ea0a2a4a6a8aaacaeb0b2b4b6b8babcbec1fcf43232b333b434"
    "b535b636b737b838b939ba3abb3bbc3cbd3dbe3ebf3fc040c141c242c343c444c545c646c747c848c949ca4acb4bcc4ccd4dce4e"
    "cf4fd050d151d252d353d454d555d656d757d858d959da5adb5bdc5cdd5dde5edf5fe060e161e262e363e464e565e666e767e868"
    "e969ea6aeb6bec6ced6dee6eef6ff070f171f272f373f474f575f676f777f878f979fa7afb7bfc7cfdbeff8fcfebf6f5ff8000"
)  # REPEATED as rep.txt, written by LHa for UNIX with -lh5-


def crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def literals(data: bytes, place_bits: int) -> bytes:
    """Blocks in which each of the 256 literals has a code of 8 bits: itself."""
    bits = []
    for at in range(0, len(data), 60_000):
        piece = data[at : at + 60_000]
        head = f"{len(piece):016b}" + f"{0:05b}{10:05b}" + f"{256:09b}" + "0" * 2 * place_bits
        bits.append(head + "".join(f"{byte:08b}" for byte in piece))
    joined = "".join(bits)
    return int(joined.ljust(-(-len(joined) // 8) * 8, "0") or "0", 2).to_bytes(-(-len(joined) // 8), "big")


def lzh(*files: tuple[str, bytes], method: bytes = b"-lh5-", level: int = 2, folder: str = "") -> bytes:
    out = b""
    for name, data in files:
        packed = data if method == b"-lh0-" else literals(data, 4 if method in (b"-lh4-", b"-lh5-") else 5)
        raw, crc = name.encode("cp932"), struct.pack("<H", crc16(data))
        extra = struct.pack("<HB", 3 + len(folder) + 1, 2) + folder.encode() + b"\xff" if folder else b""
        if level == 2:
            extra = struct.pack("<HB", 3 + len(raw), 1) + raw + extra
            size = 24 + len(extra) + 2
            head = struct.pack("<H5sIIIBB", size, method, len(packed), len(data), 0, 0x20, 2) + crc + b"M"
        else:
            rest = bytes((len(raw),)) + raw + crc + (b"M" if level else b"")
            counted = len(packed) + (len(extra) if level else 0)
            body = struct.pack("<5sIIIBB", method, counted, len(data), 0, 0x20, level) + rest
            body += extra[:2] or b"\0\0" if level else b""
            head = bytes((len(body), sum(body) & 0xFF)) + body
            extra = extra[2:] if level else b""
        out += head + extra + (b"\0\0" if level == 2 or extra else b"") + packed
    return out + b"\0"


@pytest.mark.parametrize("method", [b"-lh0-", b"-lh4-", b"-lh5-", b"-lh6-", b"-lh7-"])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_members_of_every_method_and_level(method: bytes, level: int) -> None:
    seen = look(lzh(("報告.txt", b"text"), ("run.exe", PROGRAM), method=method, level=level), "a.lzh")
    assert {m.content.name: m.content.data for m in seen.members} == {"報告.txt": b"text", "run.exe": PROGRAM}
    assert [(h.kind, h.where) for h in seen.hazards] == [("executable", "run.exe")]
    assert (seen.certainty, seen.media_type) == (Certainty.INSPECTED, "application/x-lzh-compressed")


def test_copies_as_another_program_writes_them() -> None:
    (member,) = look(BY_LHA, "a.lzh").members
    assert (member.content.name, member.content.data, member.content.whole) == ("rep.txt", REPEATED, True)


@pytest.mark.parametrize("level", [1, 2])
def test_folders_and_paths_that_lead_out(level: int) -> None:
    made = lzh(("a.txt", b"x"), level=level, folder="docs")
    assert [m.content.name for m in look(made, "a.lzh").members] == ["docs/a.txt"]
    assert kinds(look(lzh(("a.txt", b"x"), level=level, folder=".."), "a.lzh")) == ["path-traversal"]
    assert kinds(look(lzh(("..\\a.txt", b"x"), level=level), "a.lzh")) == ["path-traversal"]


def test_a_clean_archive_has_no_hazard_and_macros_are_found() -> None:
    assert look(lzh(("a.docx", word())), "a.lzh").hazards == ()
    document = word({"word/vbaProject.bin": compound(vba_project())})
    seen = look(lzh(("a.docm", document)), "a.lzh")
    assert [h.where for h in seen.hazards] == ["a.docm!word/vbaProject.bin!VBA"]


def test_the_document_in_a_compressed_ichitaro_document_is_looked_into() -> None:
    inner = compound(
        {
            "DocumentText": b"SsmgV.01" + bytes(5000),
            "\x04JSRV_SegmentInformation": bytes(20),
            "EmbedItems/Embedding 1/\x03OCXNAME": b"T\0",
        }
    )
    outer = {"JSCompDocument": bytes(30) + lzh(("a.jtd", inner)), "\x04JSRV_SegmentInformation": bytes(20)}
    seen = look(compound(outer), "a.jtdc")
    assert (seen.media_type, seen.certainty) == ("application/x-js-taro", Certainty.OPAQUE)
    assert [h.where for h in seen.hazards] == ["JSCompDocument.lzh!a.jtd!EmbedItems/Embedding 1"]


def test_what_is_cut_or_damaged_or_has_no_reader_is_no_all_clear() -> None:
    made = lzh(("a.txt", b"text" * 50))
    for broken in (made[:-20], made[:40], made[:-9] + b"\xff" * 8 + made[-1:]):
        assert look(broken, "a.lzh").certainty is not Certainty.INSPECTED
    old = look(lzh(("run.exe", PROGRAM)).replace(b"-lh5-", b"-lh1-"), "a.lzh")
    assert (old.certainty, kinds(old)) == (Certainty.OPAQUE, ["executable"])
    assert "lh1" in str(old.reason)


def test_a_bomb_is_stopped() -> None:
    head = f"{65535:016b}" + f"{0:05b}{0:05b}" + f"{0:09b}{509:09b}" + f"{0:04b}{0:04b}"  # every code copies 256 bytes
    packed = int((head * 40).ljust(-(-len(head * 40) // 8) * 8, "0"), 2).to_bytes(-(-len(head * 40) // 8), "big")
    body = struct.pack("<H5sIIIBB", 35, b"-lh5-", len(packed), 1 << 31, 0, 0x20, 2) + b"\0\0M"
    made = body + struct.pack("<HB", 9, 1) + b"zeros." + b"\0\0" + packed + b"\0"
    seen = look(made, "a.lzh", limits=Limits(expanded=4 << 20))
    assert (kinds(seen), seen.certainty) == (["decompression-bomb"], Certainty.PARTIAL)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_or_cut_is_survived(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from([BY_LHA, lzh(("a", b"x" * 30), level=1), lzh(("a", b"x" * 30))])))
    for _ in range(data.draw(st.integers(0, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    look(bytes(raw[: data.draw(st.integers(0, len(raw)))]), "a.lzh", limits=Limits(expanded=1 << 18))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_files_come_back(data: bytes) -> None:
    assert [m.content.data for m in look(lzh(("a", data), method=b"-lh7-"), "a.lzh").members] == [data]
