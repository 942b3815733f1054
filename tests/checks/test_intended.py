"""Rule lists as the intended policy: what they permit is declared, but not across what must be kept apart.

Of undeclared_crossing (ZG103) and lgwan_separation (ZG102).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town
from zoneguard.loading.project import load_project
from zoneguard.model.errors import InputErrors
from zoneguard.model.policy import Verdict

RULE = "-A FORWARD -i {0} -o {1} -s {2} -d {3} -p tcp --dport 443 -j ACCEPT"
OUT = RULE.format("eth2", "eth3", "10.30.0.5/32", "10.40.0.5/32")
IN = RULE.format("eth2", "eth1", "10.30.0.5/32", "10.20.0.5/32")
MORE = "intended: [{list: list.csv, mapping: map.yaml}]\n"
MAPPING = "zoneguard-mapping: 1\ncolumns: {destination: 提供側}\nnames: {無害化: 10.40.0.5}\n"


def findings(tmp_path: Path, rule: str, row: str, check: str) -> int:
    (tmp_path / "list.csv").write_text(f"送信元,提供側,サービス,可否\n{row}\n", encoding="cp932")
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    return len(Town(tmp_path, [rule], more=MORE).findings(check))


def test_what_a_list_permits_is_declared(tmp_path: Path) -> None:
    assert not findings(tmp_path, OUT, "10.30.0.5,無害化,https,許可", "ZG103")
    assert findings(tmp_path, OUT, "10.30.0.5,無害化,ssh,許可", "ZG103")
    assert findings(tmp_path, OUT, "10.30.0.5,無害化,https,拒否", "ZG103")


def test_a_row_that_cannot_be_read_declares_nothing(tmp_path: Path) -> None:
    assert findings(tmp_path, OUT, "10.30.0.5,倉庫,https,許可", "ZG103")


def test_a_list_opens_no_way_between_zones_that_are_kept_apart(tmp_path: Path) -> None:
    assert findings(tmp_path, IN, "10.30.0.5,10.20.0.5,https,許可", "ZG102")


def test_the_list_is_an_input_with_an_account(tmp_path: Path) -> None:
    findings(tmp_path, OUT, "10.30.0.5,倉庫,https,許可", "ZG103")
    report = Town(tmp_path, [OUT], more=MORE).audit()
    assert any(i.path == "list.csv" and i.kind == "rule-list" for i in report.inputs)
    assert any(a.file == "list.csv" and a.not_understood for a in report.accounts)
    assert report.verdict is Verdict.VIOLATES


def test_a_wrong_mapping_is_said_with_its_line(tmp_path: Path) -> None:
    findings(tmp_path, OUT, "10.30.0.5,無害化,https,許可", "ZG103")
    (tmp_path / "map.yaml").write_text("zoneguard-mapping: 1\ncolumns: {sorce: x}\n")
    with pytest.raises(InputErrors, match="did you mean `source`"):
        load_project(tmp_path)
