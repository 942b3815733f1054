"""Archives: opened to a bounded depth, encrypted is opaque, bombs stop."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound, kinds, look, vba_project, word, zipped
from tests.inspection.talk import conversations
from zoneguard.inspection import Budget, Content, Limits
from zoneguard.inspection.content import _zip
from zoneguard.inspection.content.archive import PLUGIN
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 4


def names(data: bytes, name: str = "a.zip") -> list[str]:
    return [m.content.name for m in look(data, name).members]


def encrypted(data: bytes) -> bytes:
    """The same zip with the encryption flag set on every member."""
    out = bytearray(data)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = out.find(signature)
        while position >= 0:
            out[position + at] |= 1
            position = out.find(signature, position + 4)
    return bytes(out)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_of_every_method(method: int) -> None:
    seen = look(zipped({"a.txt": b"hello\n" * 50, "dir/run.exe": PROGRAM}, method), "a.zip")
    assert [(m.content.name, m.content.data) for m in seen.members] == [
        ("a.txt", b"hello\n" * 50),
        ("dir/run.exe", PROGRAM),
    ]
    assert [(h.kind, h.where) for h in seen.hazards] == [("executable", "dir/run.exe")]
    assert seen.certainty is Certainty.INSPECTED


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text("abcXYZ_.日本", min_size=1, max_size=8), st.binary(max_size=500), max_size=6))
def test_listing_is_that_of_the_standard_library(members: dict[str, bytes]) -> None:
    data = zipped(members)
    listing = _zip.listing(data)
    assert listing is not None
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        theirs = {i.filename: other.read(i) for i in other.infolist()}
    assert {e.name: _zip.read(data, e, Budget()).data for e in listing.entries} == theirs
    assert listing.disputed == ()


def test_streamed_zip_with_descriptors() -> None:
    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += memoryview(data)  # type: ignore[arg-type]
            return len(memoryview(data))  # type: ignore[arg-type]

    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run.exe", PROGRAM)
        archive.writestr("b.txt", b"b" * 100)
    data = bytes(out.data)
    assert names(data) == ["run.exe", "b.txt"]
    cut = data[: data.index(b"PK\x01\x02")]
    seen = look(cut, "a.zip", whole=False)
    assert seen.members[0].content.data == PROGRAM
    assert seen.certainty is Certainty.PARTIAL


def test_zip64_and_unicode_path() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("run.exe", "w", force_zip64=True) as member:
        member.write(PROGRAM)
    assert [m.content.data for m in look(out.getvalue(), "a.zip").members] == [PROGRAM]
    info = zipfile.ZipInfo("x.txt")
    path = "報告.txt".encode()
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(path), 1, zlib.crc32(b"x.txt")) + path
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"x")
    assert names(out.getvalue()) == ["報告.txt"]


def test_member_packed_by_an_unknown_method_is_partial() -> None:
    data = bytearray(zipped({"a.txt": b"x" * 100}))
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(signature) + at, 97)
    seen = look(bytes(data), "a.zip")
    assert (seen.certainty, seen.members[0].content.whole) == (Certainty.PARTIAL, False)


def test_japanese_names_without_a_flag() -> None:
    data = zipped({"XXXX.txt": b"x"}).replace(b"XXXX", "報告".encode("cp932"))
    assert names(data) == ["報告.txt"]


def test_encrypted_members_are_named_and_opaque() -> None:
    seen = look(encrypted(zipped({"secret.docx": b"x" * 50})), "a.zip")
    assert [(h.kind, h.where) for h in seen.hazards] == [("encrypted", "secret.docx")]
    assert seen.certainty is Certainty.OPAQUE
    assert seen.members == ()


def test_nesting_is_followed_and_bounded() -> None:
    data = word({"word/vbaProject.bin": compound(vba_project())})
    name = "evil.docm"
    for level in range(3):
        data, name = zipped({name: data}), f"level{level}.zip"
    seen = look(data, name)
    assert [h.where for h in seen.hazards] == ["level1.zip!level0.zip!evil.docm!word/vbaProject.bin!VBA"]
    shallow = look(data, name, limits=Limits(depth=2))
    assert shallow.hazards == ()
    assert shallow.certainty is Certainty.PARTIAL


def test_bomb_is_stopped_and_said() -> None:
    seen = look(zipped({"zeros": bytes(50 << 20)}), "bomb.zip", limits=Limits(expanded=1 << 20))
    assert "decompression-bomb" in kinds(seen)
    assert seen.certainty is Certainty.PARTIAL
    assert sum(len(m.content.data) for m in seen.members) <= 2 << 20


def test_members_are_bounded_in_number() -> None:
    seen = look(zipped({f"{i}": b"x" for i in range(300)}), "a.zip", limits=Limits(members=100))
    assert len(seen.members) <= 100
    assert seen.certainty is Certainty.PARTIAL


def test_many_tiny_compressed_members_end_in_time() -> None:
    seen = look(gzip.compress(b"") * 200_000, "a.gz")
    assert seen.certainty is Certainty.PARTIAL


def test_member_hidden_from_the_directory_is_found() -> None:
    hidden = zipped({"hidden.exe": PROGRAM}, zipfile.ZIP_STORED)
    shown = zipped({"shown.txt": b"text"}, zipfile.ZIP_STORED)
    local = hidden[: hidden.index(b"PK\x01\x02")]
    at = shown.index(b"PK\x01\x02")
    data = bytearray(shown[:at] + local + shown[at:])
    struct.pack_into("<I", data, data.rindex(b"PK\x05\x06") + 16, at + len(local))
    seen = look(bytes(data), "a.zip")
    assert names(bytes(data)) == ["shown.txt", "hidden.exe"]
    assert set(kinds(seen)) == {"ambiguous-archive", "executable"}


def test_name_that_differs_between_the_two_headers() -> None:
    data = bytearray(zipped({"aaaa.txt": b"x"}))
    at = data.rindex(b"aaaa.txt")
    data[at : at + 8] = b"bbbb.exe"
    assert "ambiguous-archive" in kinds(look(bytes(data), "a.zip"))


def test_members_that_share_their_bytes() -> None:
    """A directory that names one member again and again, as bombs without nesting have it."""
    made = zipped({"a.bin": bytes(100_000)})
    at, end = made.index(b"PK\x01\x02"), made.rindex(b"PK\x05\x06")
    entry = made[at:end]
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 300, 300, 300 * len(entry), at, 0)
    seen = look(made[:at] + entry * 300 + tail, "a.zip", limits=Limits(expanded=4 << 20))
    assert {"ambiguous-archive", "decompression-bomb"} <= set(kinds(seen))
    assert seen.certainty is Certainty.PARTIAL
    assert kinds(look(zipped({"a.bin": b"x" * 50, "b.bin": b"x" * 50}), "a.zip")) == []


def test_an_archive_that_holds_itself_ends_at_the_depth() -> None:
    data = zipped({"r.txt": b"x"})
    for _ in range(12):
        data = zipped({"r.zip": data})
    seen = look(data, "r.zip")
    assert (seen.certainty, "nested" in str(seen.reason)) == (Certainty.PARTIAL, True)


def test_path_out_of_the_folder() -> None:
    assert kinds(look(zipped({"../../x.txt": b"x"}), "a.zip")) == ["path-traversal"]


@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_tar_in_every_wrapping(mode: str) -> None:
    out = io.BytesIO()
    long = "folder/" + "x" * 150 + ".exe"
    for_format = {"format": tarfile.GNU_FORMAT if mode else tarfile.PAX_FORMAT}
    with tarfile.open(fileobj=out, mode=f"w:{mode}", **for_format) as archive:  # type: ignore[call-overload]
        for name, data in ((long, PROGRAM), ("日本.txt", b"text")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    seen = look(out.getvalue(), "a.tgz" if mode else "a.tar")
    assert [h.where.rpartition("!")[2] for h in seen.hazards if h.kind == "executable"] == [long]
    inner = seen if not mode else seen.members[0]
    assert [(m.content.name, m.content.data) for m in inner.members] == [(long, PROGRAM), ("日本.txt", b"text")]


def tarred(*files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), kind
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_tar_is_read_behind_damage_which_is_said() -> None:
    first, second = tarred(("a.txt", b"text")), tarred(("run.exe", PROGRAM))
    seen = look(first[:1024] + b"junk" * 128 + second, "a.tar")
    assert [m.content.name for m in seen.members] == ["a.txt", "run.exe"]
    assert (kinds(seen), seen.certainty) == (["executable"], Certainty.PARTIAL)
    assert look(first[:1024] + bytes(512) + second, "a.tar").certainty is Certainty.INSPECTED  # zeros are ignored


def test_tar_with_a_path_out_of_the_folder_and_a_sparse_file() -> None:
    assert kinds(look(tarred(("../../x.txt", b"x")), "a.tar")) == ["path-traversal"]
    sparse = look(tarred(("run.exe", PROGRAM), kind=tarfile.GNUTYPE_SPARSE), "a.tar")
    assert (kinds(sparse), sparse.certainty) == (["executable"], Certainty.PARTIAL)


def test_two_archives_at_once_are_both_opened() -> None:
    for first in (gzip.compress(b"text"), tarred(("a.txt", b"x")), b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(100)):
        seen = look(first + zipped({"run.exe": PROGRAM}), "a.zip")
        assert {"polyglot", "executable"} <= set(kinds(seen)), first[:8]


@pytest.mark.parametrize("method", [93, 95])
def test_newer_methods_of_zip(method: int) -> None:
    packed = zstandard.compress(PROGRAM) if method == 93 else lzma.compress(PROGRAM)
    data = bytearray(zipped({"run.exe": packed}, zipfile.ZIP_STORED))
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(signature) + at, method)
    seen = look(bytes(data), "a.zip")
    assert ([m.content.data for m in seen.members], seen.certainty) == ([PROGRAM], Certainty.INSPECTED)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_file_keeps_its_inner_name(pack: object) -> None:
    seen = look(pack(PROGRAM), "run.exe.gz")  # type: ignore[operator]
    assert [(m.content.name, m.content.data) for m in seen.members] == [("run.exe", PROGRAM)]
    assert "executable" in kinds(seen)


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
        (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
        (b"\x22\x33-lh5-", "application/x-lzh-compressed"),
    ],
)
def test_archives_without_a_reader_are_opaque(start: bytes, media_type: str) -> None:
    seen = look(start + bytes(range(200)), "")
    assert (seen.media_type, seen.certainty) == (media_type, Certainty.OPAQUE)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_or_cut_is_survived(data: st.DataObject) -> None:
    source = data.draw(
        st.sampled_from(
            [
                zipped({"a": b"x" * 300, "b/c": PROGRAM}),
                gzip.compress(PROGRAM),
                bz2.compress(PROGRAM),
                lzma.compress(PROGRAM),
            ]
        )
    )
    raw = bytearray(source)
    for _ in range(data.draw(st.integers(0, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    look(bytes(raw[: data.draw(st.integers(0, len(raw)))]), "a.zip", limits=Limits(expanded=1 << 20))


def test_zlib_output_that_is_pending_at_the_end_is_not_lost() -> None:
    payload = bytes(3 << 20)
    data = zlib.compress(payload, 9)
    seen = PLUGIN.examine(Content(gzip.compress(payload)), Budget())
    assert seen.members[0].data == payload
    assert len(data) < 10_000


@pytest.mark.corpus
def test_zip_of_the_corpus_is_opened() -> None:
    (conversation,) = conversations("zeek__zip__test.pcap")
    body = conversation.to_originator.data.split(b"\r\n\r\n", 1)[1]
    assert [len(m.content.data) for m in look(body[body.index(b"PK") :], "x.zip").members] == [14739, 112322, 5294]
