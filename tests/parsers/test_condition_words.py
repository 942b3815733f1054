"""Conditions that the input leaves open are sentences of the catalogue, in every example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zoneguard.locale import translator
from zoneguard.model.device import Device, Filter, Translate
from zoneguard.model.match import Unknown, asks
from zoneguard.model.text import Reason, together
from zoneguard.parsers.reading import read_source
from zoneguard.parsers.splitting import parse_source

TOPOLOGIES = Path(__file__).resolve().parents[2] / "topologies"
CONFIGS = sorted(TOPOLOGIES.glob("**/configs/*"))
JA = translator("ja")


def conditions(device: Device) -> Iterator[Unknown]:
    for vrf in device.vrfs:
        lists = [s.rules for s in (*vrf.stages, *vrf.local) if isinstance(s, Filter | Translate)]
        matches = [rule.match for rules in (*lists, *vrf.lists.values()) for rule in rules.rules]
        for match in (*matches, *(policy.match for policy in vrf.policy_routes)):
            yield from (part for part in asks(match) if isinstance(part, Unknown))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_every_condition_of_the_examples_has_a_template(path: Path) -> None:
    for device in parse_source(read_source(path, path.name), "device").devices:
        for condition in conditions(device):
            assert isinstance(condition.key, Reason)
            assert condition.key.render() == condition.key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "hostname r\ninterface GigabitEthernet0/1\n ip address 10.0.0.1 255.0.0.0\n ip access-group 101 in\n"
            "access-list 101 permit tcp any any eq 80 time-range T\n",
            "time range T の時間帯である(device.cfg)",
        ),
        (
            "ip lan1 address 10.0.0.1/8\nip filter 1 pass www.example.jp *\nip lan1 secure filter in 1\n",
            "src が www.example.jp である",
        ),
        (
            "table ip t {\n chain c {\n  type filter hook forward priority 0; policy drop;\n"
            "  meta mark 7 ct mark 9 accept\n }\n}\n",
            "ct mark 9(device.cfg, accept)",
        ),
    ],
)
def test_conditions_are_said_in_japanese(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "device.cfg"
    path.write_text(text)
    (device,) = parse_source(read_source(path, path.name), "device").devices
    assert said in {c.key.render(JA) for c in conditions(device) if isinstance(c.key, Reason)}


def test_several_conditions_are_said_in_a_row() -> None:
    assert together([Reason("a gateway"), "x"]).render(JA) == "ゲートウェイ、x"
    assert together([]).render(JA) == ""
