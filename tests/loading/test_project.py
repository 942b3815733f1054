"""zoneguard.yaml → Project, and every way in which one can be wrong."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoneguard.loading.project import find_project, load_project
from zoneguard.model.addresses import format_addresses, parse_address, parse_prefix
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.intervals import Intervals
from zoneguard.model.project import Method, PeerInternet, Project
from zoneguard.model.zones import ZoneClass

GOOD = """\
zoneguard: 1
name: small-town
profile: mikasa
as-of: 2026-11-21
model: alpha-dash
zones:
  mynumber: {class: mynumber, prefixes: [10.10.0.0/16]}
  lgwan: {class: lgwan, prefixes: [10.20.0.0/16]}
  no: {class: guest, prefixes: 10.20.9.0/24}
  san: {class: sanitizer, prefixes: [10.40.0.0/24, 10.40.1.0/24]}
  world: {class: public, prefixes: [0.0.0.0/0, "::/0"]}
devices:
  fw: {config: fw.conf, format: fortios, routes: routes.txt, role: firewall}
  rt: {config: fw.conf}
links:
  - {a: {device: fw, interface: port1}, b: {device: rt, interface: lan1}}
hosts:
  gw: {addresses: [10.40.0.10, 10.40.1.10], macs: [00:00:5e:00:53:10]}
  vdi: {addresses: 10.30.50.0/26}
sanitizers:
  mail: {method: mail-text, hosts: gw}
  screen: {method: screen-transfer, hosts: [vdi], display: [tcp/8443]}
allow:
  - {id: A1, from: lgwan, to: gw, services: tcp/25, purpose: mail, clauses: ["mikasa:25(1)"], via: [san]}
exceptions:
  - id: EX-01
    from: 10.10.20.20
    to: 198.18.77.0/24
    services: ["tcp/80,443", icmp]
    macs: ["00:00:5e:00:53:20"]
    applicant: 税務課長
    approver: CISO
    approved: 2026-04-01
    expires: 2027-03-31
    peer-internet: attested-no
    clauses: ["mikasa:24(1)"]
    emergency: true
    reported: 2026-04-02
captures:
  - {path: a.pcap, point: {zone: lgwan}}
  - {path: a.pcap, point: {device: fw, interface: port1}}
  - {path: a.pcap}
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    for name in ("fw.conf", "routes.txt", "a.pcap"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "zoneguard.yaml").write_text(GOOD)
    return tmp_path


def changed(town: Path, *replacements: tuple[str, str]) -> list[str]:
    """The errors, without the path, of the good project with these texts replaced."""
    text = GOOD
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    file = town / "zoneguard.yaml"
    file.write_text(text)
    with pytest.raises(InputErrors) as caught:
        load_project(town)
    return [str(e).removeprefix(f"{file}:") for e in caught.value.errors]


def test_everything_declared_is_in_the_project(town: Path) -> None:
    project = load_project(town)
    assert (project.name, project.model, project.as_of) == ("small-town", "alpha-dash", date(2026, 11, 21))
    assert (project.file, project.root) == (str(town / "zoneguard.yaml"), town)
    assert [profile.name for profile in project.profiles] == ["mikasa"]
    assert project.zones["no"].zone_class is ZoneClass.GUEST
    assert project.zones.of(parse_address("10.20.9.1")) is project.zones["no"]
    assert project.zones["lgwan"].span.first == 8
    fw, rt = project.devices
    assert (fw.config, fw.format, fw.routes, fw.role) == (town / "fw.conf", "fortios", town / "routes.txt", "firewall")
    assert (rt.format, rt.routes) == ("", None)
    assert project.links[0].a == ("fw", "port1")
    assert project.links[0].b == ("rt", "lan1")
    assert project.hosts["gw"].addresses == Intervals.of(parse_address("10.40.0.10"), parse_address("10.40.1.10"))
    assert project.hosts["gw"].macs == (0x00005E005310,)
    mail, screen = project.sanitizers
    assert (mail.method, mail.hosts, mail.services) == (Method.MAIL_TEXT, (project.hosts["gw"],), ())
    assert [service.text for service in screen.services] == ["tcp/8443"]


def test_allowances_and_exceptions(town: Path) -> None:
    project = load_project(town)
    (allow,) = project.allow
    assert (allow.id, allow.purpose, allow.via, allow.clauses) == ("A1", "mail", ("san",), ("mikasa:25(1)",))
    assert allow.source.addresses == parse_prefix("10.20.0.0/16") - parse_prefix("10.20.9.0/24")
    assert allow.destination.addresses == project.hosts["gw"].addresses
    assert allow.span.first == 24
    (exception,) = project.exceptions
    assert exception.span.first == 26
    assert format_addresses(exception.destination.addresses) == ["198.18.77.0/24"]
    assert [s.text for s in exception.services] == ["tcp/80,443", "icmp"]
    assert exception.macs == (0x00005E005320,)
    assert (exception.applicant, exception.approver, exception.purpose) == ("税務課長", "CISO", "")
    assert (exception.approved, exception.expires) == (date(2026, 4, 1), date(2027, 3, 31))
    assert exception.peer_internet is PeerInternet.ATTESTED_NO
    assert exception.emergency
    assert exception.reported == date(2026, 4, 2)


def test_captures_and_their_points(town: Path) -> None:
    points = [(c.zone, c.device, c.interface) for c in load_project(town).captures]
    assert points == [("lgwan", "", ""), ("", "fw", "port1"), ("", "", "")]


def test_as_of_given_goes_before_the_file(town: Path) -> None:
    assert load_project(town, date(2030, 1, 1)).as_of == date(2030, 1, 1)


def test_as_of_is_today_where_nobody_says(town: Path) -> None:
    file = town / "zoneguard.yaml"
    file.write_text(GOOD.replace("as-of: 2026-11-21\n", ""))
    before = date.today()
    assert before <= load_project(file).as_of <= date.today()


def test_the_directory_names_a_project_without_name(town: Path) -> None:
    (town / "zoneguard.yaml").write_text(GOOD.replace("name: small-town\n", ""))
    assert load_project(town).name == town.name


def test_cp932_project(town: Path) -> None:
    (town / "zoneguard.yaml").write_bytes(GOOD.replace("\n", "\r\n").encode("cp932"))
    assert load_project(town).exceptions[0].applicant == "税務課長"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zoneguard: 1", "zoneguard: 2", "1:12: format 2 is not read"),
        ("zoneguard: 1\n", "", "the key `zoneguard` is missing"),
        ("profile: mikasa\n", "", "the key `profile` is missing"),
        ("model: alpha-dash", "modle: alpha", "5:1: the key `modle` is not known; did you mean `model`?"),
        ("alpha-dash", "alpha-bash", "5:8: `alpha-bash` is not possible here; did you mean `alpha-dash`?"),
        ("class: lgwan", "class: lgwna", "8:18: `lgwna` is not possible here; did you mean `lgwan`?"),
        ("class: lgwan", "klass: lgwan", "8:11: the key `klass` is not known; did you mean `class`?"),
        ("[10.10.0.0/16]", "[10.10.0.1/16]", "write 10.10.0.0/16"),
        ("[10.10.0.0/16]", "[]", "7:41: at least one is needed here"),
        ("[10.10.0.0/16]", "[10.20.0.0/16]", "8:36: 10.20.0.0/16 already belongs to zone mynumber (line 7)"),
        ("config: fw.conf, format", "config: fw.cnf, format", "did you mean `fw.conf`?"),
        ("config: fw.conf, format", "config: ., format", "is a directory"),
        ("config: fw.conf, format", "config: x/y.conf, format", "paths are relative to the project file"),
        ("{path: a.pcap}", "{path: b.pcap}", "did you mean `a.pcap`?"),
        (
            "device: rt, interface: lan1",
            "device: rtt, interface: lan1",
            "no device is called `rtt`; did you mean `rt`?",
        ),
        ("hosts: gw}", "hosts: gww}", "no host is called `gww`; did you mean `gw`?"),
        ("hosts: gw}", "hosts: []}", "21:36: at least one is needed here"),
        ("method: mail-text", "method: mail-txt", "did you mean `mail-text`?"),
        ("hosts: gw}", "hosts: gw, display: tcp/1}", "only a screen-transfer has display services"),
        ("via: [san]", "via: [sann]", "no zone is called `sann`; did you mean `san`?"),
        ("from: lgwan", "from: lgwann", "24:20: `lgwann` is no zone, no host and no prefix; did you mean `lgwan`?"),
        ("to: 198.18.77.0/24", "to: 198.18.77.1/24", "write 198.18.77.1 or 198.18.77.0/24"),
        ("mikasa:25(1)", "mikasa:25(9)", "no profile here has the clause mikasa:25(9)"),
        ("mikasa:25(1)", "mikasa:", "no profile here has the clause mikasa:"),
        ("peer-internet: attested-no", "peer-internet: no", "known: attested-no, yes, unknown"),
        ("emergency: true", "emergency: maybe", "neither true nor false"),
        (
            "point: {zone: lgwan}",
            "point: {zone: lgwan, device: fw}",
            "a point is a zone, or a device and its interface",
        ),
        ("point: {zone: lgwan}", "point: {device: fw}", "a point is a zone, or a device and its interface"),
        ("point: {zone: lgwan}", "point: {zone: lg}", "no zone is called `lg`"),
        ("point: {zone: lgwan}", "point: lgwan", "a mapping is expected here"),
        ("  vdi: {addresses", "  san: {addresses", "`san` is a zone too (line 10)"),
        ("  vdi: {addresses", "  10.0.0.1: {addresses", "`10.0.0.1` is an address"),
        ("profile: mikasa", "profile: [mikasa, mikasa]", "the profile mikasa is named twice"),
        ("profile: mikasa", "profile: mikassa", "did you mean `mikasa`?"),
        ("profile: mikasa", "profile: my.yaml", "my.yaml: there is no such file"),
        ("  rt: {config: fw.conf}", "  rt:", "this is empty; a mapping is expected"),
        ("links:\n  -", "links:", "a list is expected here"),
    ],
)
def test_one_mistake_is_said_with_its_place_and_the_way_out(town: Path, old: str, new: str, said: str) -> None:
    errors = changed(town, (old, new))
    assert any(said in error for error in errors), errors


def test_every_error_at_once_and_in_order(town: Path) -> None:
    errors = changed(
        town,
        ("model: alpha-dash", "modle: alpha"),
        ("class: lgwan", "class: lgwna"),
        ("config: fw.conf, format", "config: fw.cnf, format"),
        ("mikasa:25(1)", "mikasa:25(9)"),
        ("expires: 2027-03-31", "expires: 2027-02-31"),
        ("{path: a.pcap}", "{path: b.pcap}"),
    )
    assert [error.partition(":")[0] for error in errors] == ["5", "8", "13", "24", "34", "42"]


def test_an_entry_with_an_error_of_its_own_is_not_also_unknown(town: Path) -> None:
    errors = changed(town, ("class: lgwan", "class: lgwna"))
    assert len(errors) == 1, errors


def test_clauses_are_not_called_unknown_where_the_profile_is(town: Path) -> None:
    assert len(changed(town, ("profile: mikasa", "profile: mikassa"))) == 1


def test_addresses_in_no_zone(town: Path) -> None:
    errors = changed(
        town, ('0.0.0.0/0, "::/0"', "192.0.2.0/24"), ("  - {id: A1, from: lgwan", "  - {id: A1, from: vdi")
    )
    assert any("24:20: 10.30.50.0/26 of `vdi` is in no zone" in error for error in errors), errors
    assert any("28:9: 198.18.77.0/24 of `198.18.77.0/24` is in no zone" in error for error in errors), errors


def test_an_id_is_used_once(town: Path) -> None:
    line = next(line for line in GOOD.splitlines(keepends=True) if "id: A1" in line)
    assert "25:10: the id A1 is already used in line 24" in changed(town, (line, line * 2))


def test_an_own_profile(town: Path) -> None:
    (town / "own.yaml").write_text(
        "zoneguard-profile: 1\nname: own\ntitle: {en: Own, ja: 自前}\n"
        "clauses:\n  - {clause: '1', class: N, title: {en: One, ja: 一}}\n"
    )
    (town / "zoneguard.yaml").write_text(GOOD.replace("profile: mikasa", "profile: [own.yaml, mikasa]"))
    assert [profile.name for profile in load_project(town).profiles] == ["own", "mikasa"]


def test_errors_of_an_own_profile_are_placed_in_its_file(town: Path) -> None:
    (town / "own.yaml").write_text("zoneguard-profile: 1\n")
    assert any("own.yaml:1:1: the key `name` is missing" in e for e in changed(town, ("mikasa\n", "own.yaml\n")))


@pytest.mark.parametrize("text", ["just text\n", "- a\n", "null\n", "zoneguard: 1\nprofile: []\nzones:\n"])
def test_a_file_of_another_shape(tmp_path: Path, text: str) -> None:
    (tmp_path / "zoneguard.yaml").write_text(text)
    with pytest.raises(InputErrors, match=r"zoneguard.yaml:[13]:[17]: "):
        load_project(tmp_path)


def test_no_project_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_project(tmp_path)
    with pytest.raises(InputError, match="here or above"):
        find_project(tmp_path)


def test_the_nearest_project_upwards(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (town / "a" / "b").mkdir(parents=True)
    assert find_project(town / "a" / "b") == town / "zoneguard.yaml"
    monkeypatch.chdir(town)
    assert find_project() == Path("zoneguard.yaml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_file_is_a_project_or_clear_errors(town: Path, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    length = data.draw(st.integers(0, 30))
    filler = data.draw(st.text(st.sampled_from("ab:-[]{}&*'\"#,\n 0./"), max_size=8))
    (town / "zoneguard.yaml").write_text(GOOD[:start] + filler + GOOD[start + length :])
    try:
        assert isinstance(load_project(town), Project)
    except InputErrors as errors:
        assert all(error.file and str(error) for error in errors.errors)
