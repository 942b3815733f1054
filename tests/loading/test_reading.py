"""Encodings of hand-written YAML."""

from pathlib import Path

import pytest

from zoneguard.loading.document import compose
from zoneguard.loading.reading import MAX_BYTES, read_text
from zoneguard.model.errors import InputError

TEXT = "name: 三笠市①\r\npurpose: 無害化\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_encodings_and_crlf(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(TEXT.encode(encoding))
    assert compose(read_text(path), "f").root.plain() == {"name": "三笠市①", "purpose": "無害化"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x00\x01\x02\x03", "this is not text"),
        (b"a: \xff\xff\xff", "this is not text"),
        (b"\xff\xfea", "this is not text"),
        (b"a" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_no_text(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(data)
    with pytest.raises(InputError, match=said):
        read_text(path)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_text(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="directory"):
        read_text(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path / "none\0.yaml")
