"""Two peered virtual networks with effective routes and rules: what those open is found, whatever the group says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified

NAME, FILE = "azure-hub", "configs/network.txt"


def test_it_conforms_and_every_line_is_accounted_for() -> None:
    status, report = verified(EXAMPLES / NAME)
    assert not report["findings"]
    assert status == 0
    (file,) = report["coverage"]["files"]
    assert not file["not_understood"]


WIDER = ('            "22-22"', '            "22-80"')
RECEIVER, SENDER = "/subnets/snet-app", "/subnets/snet-jump"


@pytest.mark.parametrize(
    ("ends", "found"), [((RECEIVER,), set()), ((SENDER,), set()), ((RECEIVER, SENDER), {("jump", "app")})]
)
def test_what_the_effective_rules_of_both_ends_open_is_found(
    tmp_path: Path, ends: tuple[str, ...], found: set[tuple[str, str]]
) -> None:
    project = faulty(NAME, tmp_path, FILE, "utf-8", "$ az", "$ az")
    file = project / FILE
    answers = file.read_text(encoding="utf-8").split("$ ")
    wider = [
        text.replace(*WIDER) if "list-effective-nsg" in text and any(end in text for end in ends) else text
        for text in answers
    ]
    assert sum(a != b for a, b in zip(answers, wider, strict=True)) == len(ends)
    file.write_text("$ ".join(wider), encoding="utf-8")
    assert crossings(verified(project)[1]) == found


def test_a_peering_that_one_side_does_not_have_joins_nothing(tmp_path: Path) -> None:
    project = faulty(NAME, tmp_path, FILE, "utf-8", '"peeringState": "Connected"', '"peeringState": "Disconnected"')
    report = verified(project)[1]
    assert not crossings(report)
