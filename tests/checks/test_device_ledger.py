"""ZG208: devices in the ledger, devices that are not, and no ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, session
from zoneguard.checks import device_ledger
from zoneguard.model.policy import Verdict

LEDGER = "管理番号,端末名,ＭＡＣアドレス,設置場所\nA-1,総務01,00-00-5E-00-53-01,本庁\nA-2,予備機,,倉庫\n"
MORE = "ledger: ledger.csv\n"


def devices(tmp_path: Path, ledger: str = LEDGER, encoding: str = "cp932", **town: object) -> list[str]:
    (tmp_path / "ledger.csv").write_text(ledger, encoding=encoding)
    packets = session("10.20.0.5", "10.40.0.9", 80) + session("10.20.0.6", "10.40.0.9", 80, mac="00:00:5e:00:53:77")
    found = Town(tmp_path, captures={"lgwan": packets}, more=MORE, **town).findings("ZG208")  # type: ignore[arg-type]
    return [f.anchor[0] for f in found]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_a_device_that_is_not_in_the_ledger_is_found(tmp_path: Path, encoding: str) -> None:
    assert devices(tmp_path, encoding=encoding) == ["00:00:5e:00:53:77"]


def test_a_declared_host_counts_as_known(tmp_path: Path) -> None:
    host = 'pc: {addresses: [10.20.0.6], macs: ["00:00:5e:00:53:77"]}'
    assert not devices(tmp_path, hosts=(host,))


def test_routers_are_not_devices_of_the_zone(tmp_path: Path) -> None:
    (tmp_path / "ledger.csv").write_text(LEDGER, encoding="utf-8")
    through = session("10.20.0.5", "10.30.0.9", 80) + session("10.20.0.5", "10.40.0.9", 80)
    assert not Town(tmp_path, captures={"lgwan": through}, more=MORE).findings("ZG208")


def test_without_a_ledger_the_clause_is_undetermined(tmp_path: Path) -> None:
    town = Town(tmp_path, captures={"lgwan": session("10.20.0.5", "10.20.0.6", 80)}, profile="kobe-foundation")
    result = next(r for r in town.audit().clauses if r.clause == "kobe-foundation:2章6(3)(オ)")
    assert (result.verdict, str(result.reason)) == (Verdict.UNDETERMINED, "The project names no ledger of devices.")


def test_very_many_are_told_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_ledger, "MOST_DEVICES", 2)
    (tmp_path / "ledger.csv").write_text(LEDGER, encoding="utf-8")
    packets = []
    for number in range(5):
        packets += session(f"10.20.0.5{number}", "10.40.0.9", 80, mac=f"00:00:5e:00:53:7{number}")
    found = Town(tmp_path, captures={"lgwan": packets}, more=MORE).findings("ZG208")
    assert sorted(str(f.message) for f in found)[0] == "3 more devices are not in the ledger."
    assert (len(found), len(found[-1].evidence) > 0) == (3, True)
