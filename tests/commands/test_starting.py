"""init: a first project that loads and can be verified at once."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commands.conftest import Run
from zoneguard.audit.discovering import Found, discover
from zoneguard.audit.drafting import COMMENTS, Draft, DraftZone, merged, project_text
from zoneguard.checks import Check
from zoneguard.loading.document import compose
from zoneguard.loading.project import load_project
from zoneguard.model.zones import ZoneClass
from zoneguard.plugins import of_type

CITY = Path(__file__).resolve().parents[2] / "topologies/alpha-city"
MIKASA = ("--profile", "mikasa")


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """The exports and captures of the reference municipality, without its project."""
    folder = tmp_path / "alpha"
    for name in ("configs", "captures"):
        shutil.copytree(CITY / name, folder / name)
    return folder


def test_a_folder_of_exports_becomes_a_project_that_verifies_at_once(zoneguard: Run, exports: Path) -> None:
    status, out, err = zoneguard("init", exports, *MIKASA, "--zone", "lgwan=lgwan:10.20.0.0/16")
    assert (status, out) == (0, "")
    assert "next: zoneguard verify" in err
    project = load_project(exports)
    declared = load_project(CITY)
    assert {d.name: (d.format, d.routes is not None) for d in project.devices} == {
        d.name: (d.format, d.routes is not None) for d in declared.devices
    }
    assert {c.path.name for c in project.captures} == {c.path.name for c in declared.captures}
    assert project.zones["lgwan"].zone_class is ZoneClass.LGWAN
    assert project.zones["world"].zone_class is ZoneClass.PUBLIC
    classes = {zone.zone_class for zone in project.zones}
    assert {ZoneClass.MYNUMBER, ZoneClass.INTERNET, ZoneClass.SANITIZER, ZoneClass.MANAGEMENT} <= classes
    status, out, _ = zoneguard("verify", exports, "--format", "json")
    assert status == 1
    cells = {(c["from"], c["to"]): c["state"] for c in json.loads(out)["matrix"]}
    assert cells["lgwan", "world"] == "denied"


def test_no_clause_conforms_over_a_guess(zoneguard: Run, exports: Path) -> None:
    zoneguard("init", exports, *MIKASA)
    assert any(zone.guessed for zone in load_project(exports).zones)
    report = json.loads(zoneguard("verify", exports, "--format", "json")[1])
    assert {c["verdict"] for c in report["clauses"]} >= {"violates", "undetermined"}
    alone = {check.id for check in of_type("zoneguard.checks", Check) if check.alone}  # the register says it all
    conforming = [set(re.findall(r"ZG1\d\d", c["reason"])) for c in report["clauses"] if c["verdict"] == "conforms"]
    decided = [checks for checks in conforming if checks - alone]
    assert not decided
    file = exports / "zoneguard.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(", guessed: true", ""), encoding="utf-8")
    after = json.loads(zoneguard("verify", exports, "--format", "json")[1])
    assert not any(f["check"] == "ZG401" and "guess" in f["message"] for f in after["findings"])


def test_every_network_of_the_exports_lies_in_a_zone_that_was_made_for_it(zoneguard: Run, exports: Path) -> None:
    zoneguard("init", exports, *MIKASA)
    zones = load_project(exports).zones
    networks = discover(exports / "configs").networks
    assert len(networks) > 10
    for network in networks:
        zone = zones.of(network.network)
        assert zone is not None
        assert zone.zone_class is not ZoneClass.PUBLIC
    text = (exports / "zoneguard.yaml").read_text(encoding="utf-8")
    assert "class not known yet" in text
    assert "guessed" in text


def test_no_policy_is_taken_for_granted_and_nothing_is_written_over(zoneguard: Run, exports: Path) -> None:
    status, _, err = zoneguard("init", exports)
    assert (status, "--profile" in err) == (2, True)
    assert not (exports / "zoneguard.yaml").exists()
    (exports / "zoneguard.yaml").write_text("mine")
    status, _, err = zoneguard("init", exports, *MIKASA)
    assert (status, "exists already" in err) == (2, True)
    assert (exports / "zoneguard.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    "options",
    [
        (*MIKASA, "--zone", "x"),
        (*MIKASA, "--zone", "a=nothing:10.0.0.0/8"),
        (*MIKASA, "--zone", "a=lgwan:10.0.0.1/8"),
        (*MIKASA, "--zone", "a=lgwan:10.0.0.0/8", "--zone", "b=internet:10.0.0.0/8"),
        ("--profile", "nobody"),
    ],
)
def test_an_impossible_answer_writes_nothing(zoneguard: Run, exports: Path, options: tuple[str, ...]) -> None:
    status, _, err = zoneguard("init", exports, *options)
    assert status == 2
    assert err.splitlines()[-1].startswith("error:")
    assert not (exports / "zoneguard.yaml").exists()


def test_an_empty_folder_gives_a_project_to_fill(zoneguard: Run, tmp_path: Path) -> None:
    status, _, err = zoneguard("init", tmp_path, *MIKASA, "--zone", "lgwan=lgwan:10.20.0.0/16")
    assert status == 0
    assert "no configuration was found" in err
    assert f"next: put the exports into the folder, name each under `devices` in {tmp_path / 'zoneguard.yaml'}" in err
    assert load_project(tmp_path).devices == ()
    assert zoneguard("init", tmp_path / "none", *MIKASA)[0] == 2


def test_a_folder_of_captures_is_replayed_next(zoneguard: Run, tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes((CITY / "captures/lg-edge.pcap").read_bytes())
    err = zoneguard("init", tmp_path, *MIKASA)[2]
    assert f"next: zoneguard replay {tmp_path / 'zoneguard.yaml'}" in err
    assert zoneguard("replay", tmp_path / "zoneguard.yaml")[0] in (0, 1, 3)


def test_a_rule_list_is_no_device_and_declares_nothing_by_itself(zoneguard: Run, exports: Path) -> None:
    text = "送信元,宛先,ポート\n10.10.0.1,10.20.0.1,443\n"
    (exports / "通信要件一覧.csv").write_bytes(text.encode("cp932"))
    err = zoneguard("init", exports, *MIKASA)[2]
    assert "rule lists: 1; they declare nothing until you say so" in err
    written = exports / "zoneguard.yaml"
    assert load_project(exports).intended == ()
    assert "通信要件一覧" not in {entry.name for entry in load_project(exports).devices}
    draft = written.read_text(encoding="utf-8")
    written.write_text(draft.replace("# intended:\n#   - ", "intended:\n  - "), encoding="utf-8")
    assert [entry.path.name for entry in load_project(exports).intended] == ["通信要件一覧.csv"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_questions_are_asked_on_a_terminal(zoneguard: Run, exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["mikasa, yokote", "beta", "nonsense", "bangou=mynumber"]
    monkeypatch.setattr("sys.stdin", Terminal("\n".join(answers) + "\n" * 40))
    status, _, err = zoneguard("init", exports, "--lang", "en")
    assert status == 0
    assert "one of: mynumber, lgwan" in err
    project = load_project(exports)
    assert [p.name for p in project.profiles] == ["mikasa", "yokote"]
    assert project.model == "beta"
    assert project.zones["bangou"].zone_class is ZoneClass.MYNUMBER


def test_foreign_files_links_and_hidden_files_are_left_aside(zoneguard: Run, exports: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.conf").write_bytes((exports / "configs/fw-core.conf").read_bytes())
    (exports / "link.conf").symlink_to(tmp_path / "outside.conf")
    (exports / ".hidden.conf").write_bytes(b"x")
    (exports / "noise.bin").write_bytes(bytes(range(256)))
    (exports / "empty.txt").write_bytes(b"")
    other = (exports / "configs/sc-rtr.conf").read_bytes().replace(b" 10.", b" 11.")
    (exports / 'odd "name" # {x}: y.conf').write_bytes(other)
    status, _, err = zoneguard("init", exports, *MIKASA)
    assert status == 0
    assert "noise.bin" in err
    assert "empty.txt" in err
    names = {device.config.name for device in load_project(exports).devices}
    assert 'odd "name" # {x}: y.conf' in names
    assert not names & {"link.conf", ".hidden.conf"}


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_whatever_a_name_holds_is_read_back(name: str, note: str) -> None:
    zone = DraftZone(name, ZoneClass.LGWAN, ("10.0.0.0/8",), note, sure=False)
    draft = Draft(name, "alpha", ("mikasa",), (zone,), Found((), (), (), ()), Path())
    say = {key: text.render() for key, text in COMMENTS.items()}
    text = project_text(draft, say).encode("utf-8", "backslashreplace").decode()
    plain = compose(text, "").root.plain()
    assert isinstance(plain, dict)
    assert plain["name"] == name.encode("utf-8", "backslashreplace").decode() or "\\u" in repr(name)
    assert isinstance(plain["zones"], dict)
    assert len(plain["zones"]) == 1


def test_zones_of_one_name_join_where_they_are_alike() -> None:
    lgwan = DraftZone("lgwan", ZoneClass.LGWAN, ("10.0.0.0/8",))
    more = DraftZone("lgwan", ZoneClass.LGWAN, ("10.0.0.0/8", "172.16.0.0/12"), "fw port1")
    guessed = DraftZone("lgwan", ZoneClass.LGWAN, ("192.168.0.0/24",), sure=False)
    other = DraftZone("lgwan", ZoneClass.OTHER, ("192.168.1.0/24",))
    zones = merged([lgwan, more, guessed, other])
    assert [zone.prefixes for zone in zones] == [
        ("10.0.0.0/8", "172.16.0.0/12"),
        ("192.168.0.0/24",),
        ("192.168.1.0/24",),
    ]
    assert len({zone.name for zone in zones}) == 3


BACKUP = """#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
config system interface
    edit "lan"
        set ip {lan} 255.255.255.0
    next
    edit "wan"
        set ip {wan} 255.255.255.0
    next
end
"""


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        (("fw_7-2_202404011030.conf", "fw_7-2_202504011030.conf"), ["fw_7-2_202504011030.conf"]),
        (("fw.conf", "fw_old.conf"), ["fw.conf"]),
        (("fw-変更前.conf", "fw-変更後.conf"), ["fw-変更後.conf"]),
    ],
)
def test_backups_of_one_device_are_one_device(tmp_path: Path, files: tuple[str, ...], taken: list[str]) -> None:
    for file in files:
        (tmp_path / file).write_text(BACKUP.format(lan="10.1.0.1", wan="203.0.113.1"), encoding="utf-8")
    found = discover(tmp_path)
    assert [d.config.name for d in found.devices] == taken
    (left,) = found.unread
    assert left[0].name in files
    assert taken[0] in str(left[1])


def test_like_addresses_alone_make_no_one_device(tmp_path: Path) -> None:
    (tmp_path / "east.conf").write_text(BACKUP.format(lan="10.1.0.1", wan="0.0.0.0"), encoding="utf-8")
    (tmp_path / "west.conf").write_text(BACKUP.format(lan="10.1.0.1", wan="0.0.0.0"), encoding="utf-8")
    (tmp_path / "branch1.conf").write_text(BACKUP.format(lan="10.1.0.1", wan="203.0.113.1"), encoding="utf-8")
    assert [d.name for d in discover(tmp_path).devices] == ["branch1", "east", "west"]
