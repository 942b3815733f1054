"""Profiles: the shipped ones and one's own."""

from pathlib import Path

import pytest

from zoneguard.loading.profile import load_profile, read_profile, shipped_profiles
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.policy import ClauseClass, Force, Settings, Severity

OWN = """\
zoneguard-profile: 1
name: own
title: {en: Own policy, ja: 自前の方針}
settings: {approver: CISO, minor-approver: 部長}
clauses:
  - clause: 1(2)
    class: N
    zones: lgwan
    checks: [ZG101, "ZG105:expiry"]
    severity: high
    force: principle
    term: 分離
    title: {en: Apart, ja: 分ける}
  - clause: "2"
    class: A
    title: {en: Sworn, ja: 誓う}
    attest: {en: Who swore, ja: 誰が誓ったか}
"""


def test_own_profile(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    profile = load_profile("own.yaml", tmp_path)
    assert (profile.name, profile.title_en, profile.title_ja) == ("own", "Own policy", "自前の方針")
    assert profile.settings == Settings(approver="CISO", minor_approver="部長")
    first, second = profile.clauses
    assert (first.id, first.number, first.clause_class) == ("own:1(2)", "1(2)", ClauseClass.NETWORK)
    assert (first.zones, first.checks) == (("lgwan",), ("ZG101", "ZG105:expiry"))
    assert (first.severity, first.force, first.term) == (Severity.HIGH, Force.PRINCIPLE, "分離")
    assert (first.title_en, first.title_ja) == ("Apart", "分ける")
    assert (second.attest_en, second.attest_ja) == ("Who swore", "誰が誓ったか")
    assert (second.severity, second.force) == (None, Force.MUST)
    assert profile.citing("ZG101") == (first,)
    assert profile.citing("ZG105", "expiry") == (first,)
    assert profile.citing("ZG105", "approval") == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("class: N", "class: Q", "`Q` is not possible here; known: N, P, X, A"),
        ('clause: "2"', "clause: 1(2)", "clause 1(2) is already in line 6"),
        ("    attest: {en: Who swore, ja: 誰が誓ったか}\n", "", "says under `attest`"),
        ("ja: 分ける", "jp: 分ける", "the key `jp` is not known"),
        ("minor-approver", "mainor-approver", "did you mean `minor-approver`?"),
        ("severity: high", "severity: hihg", "did you mean `high`?"),
        ("zoneguard-profile: 1", "zoneguard-profile: 9", "format 9 is not read"),
    ],
)
def test_a_wrong_profile_is_said_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(InputErrors) as caught:
        read_profile(path)
    assert said in str(caught.value)
    assert all(error.file == str(path) and error.line for error in caught.value.errors)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="did you mean `mikasa`"):
        load_profile("mikaza")


def test_every_shipped_profile_is_sound_and_named_after_its_file() -> None:
    assert "mikasa" in shipped_profiles()
    for name, path in shipped_profiles().items():
        assert read_profile(path).name == name
