"""The ledger of devices as offices keep it."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoneguard.loading.ledger import read_ledger
from zoneguard.model.errors import InputError


def test_heads_may_stand_below_a_title_and_be_wide(tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    file.write_text("端末管理台帳,,\n機器名,ＭＡＣアドレス,備考\nPC1,００-00-5e-00-53-01,x\n,,\n", encoding="cp932")
    entries, errors = read_ledger(file)
    assert not errors
    assert [(e.mac, e.name, e.span.first) for e in entries] == [(0x00005E005301, "PC1", 3)]


def test_an_address_that_is_none_is_said_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    file.write_text("mac\n00:00:5e:00:53:01\nnone\n")
    entries, errors = read_ledger(file)
    assert len(entries) == 1
    assert [(e.line, "`none` is no MAC address" in str(e.message)) for e in errors] == [(3, True)]


@pytest.mark.parametrize("text", ["", "name,address\na,b\n", "mac" + "\0"])
def test_a_file_without_such_a_column_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "l.csv"
    file.write_text(text)
    with pytest.raises(InputError):
        read_ledger(file)
