"""Sets of packets that outgrow the engine: undetermined with the cause, and all the rest is still said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run
from zoneguard.model.intervals import Intervals
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.text import N_
from zoneguard.static import compiled, pipeline, reachability
from zoneguard.static.transit import Transit

RULES = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -i eth1 -o eth0 -d 10.0.0.1/255.0.0.1 -p tcp -m tcp --dport 25 -j ACCEPT
-A FORWARD -i eth0 -o eth1 -s 10.0.0.0/24 -p tcp -m tcp --dport 443 -j ACCEPT
COMMIT
"""
ROUTES = """\
10.0.0.0/9 dev eth0 proto kernel scope link src 10.0.0.2
10.128.0.0/24 dev eth1 proto kernel scope link src 10.128.0.2
"""
PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones:
  inner: {class: lgwan, prefixes: 10.0.0.0/9}
  outer: {class: internet, prefixes: 10.128.0.0/24}
devices:
  gw: {config: gw.rules, routes: gw.routes}
allow:
  - {id: A1, from: outer, to: inner, services: [tcp/25]}
  - {id: A2, from: inner, to: outer, services: [tcp/443]}
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A mask with gaps lets mail in to every second of eight million hosts."""
    for name, text in (("gw.rules", RULES), ("gw.routes", ROUTES), ("zoneguard.yaml", PROJECT)):
        (tmp_path / name).write_text(text)
    return tmp_path


def no_policy(town: Path) -> None:
    """Zones of which no policy asks anything."""
    (town / "zoneguard.yaml").write_text(PROJECT.replace("class: internet", "class: other"))


def report(zoneguard: Run, command: str, project: Path) -> tuple[int, dict[str, Any]]:
    status, out, err = zoneguard(command, project, "--format", "json", "--lang", "en")
    assert not err
    value: dict[str, Any] = json.loads(out)
    return status, value


def undetermined(found: dict[str, Any], check: str) -> list[str]:
    chosen = (f for f in found["findings"] if f["check"] == check and f["verdict"] == "undetermined")
    return [f["message"] for f in chosen]


def states(found: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(cell["from"], cell["to"]): cell["state"] for cell in found["matrix"]}


def test_a_check_that_cannot_finish_says_so_and_the_others_do(zoneguard: Run, town: Path) -> None:
    """Who may get the mail would be a list of four million hosts."""
    status, found = report(zoneguard, "verify", town)
    (message,) = undetermined(found, "ZG111")
    assert message.startswith("ZG111 could not come to its end: a set of packets falls into more than 65536 parts")
    assert "dst" in message
    resting = [c for c in found["clauses"] if c["id"] == "mikasa:25(1)"]
    assert resting[0]["verdict"] == "undetermined"
    assert states(found) == {("inner", "outer"): "allowed", ("outer", "inner"): "allowed"}
    assert status == 3


def test_a_service_matrix_that_cannot_be_listed_is_undetermined(zoneguard: Run, town: Path) -> None:
    ruleset = town / "gw.rules"
    status, out, err = zoneguard("matrix", "--ruleset", ruleset, "--chain", "FORWARD", "--service", "tcp/25")
    assert (status, out) == (3, "")
    assert "falls into more than 65536 parts by its dst" in err


def test_a_difference_of_what_cannot_be_listed_is_still_a_difference(
    zoneguard: Run, town: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    for name in ("gw.routes", "zoneguard.yaml"):
        (new / name).write_text((town / name).read_text())
    (new / "gw.rules").write_text(RULES.replace("--dport 25", "--dport 26"))
    status, out, _ = zoneguard("diff", town, new, "--format", "json", "--fail-on-new")
    kinds = {(c["source"], c["destination"], c["kind"]): c["witness"]["dport"] for c in json.loads(out)["changes"]}
    assert kinds == {("outer", "inner", "permits"): 26, ("outer", "inner", "denies"): 25}
    assert status == 1


class Small(pipeline.Pipeline):
    """A pipeline whose sets outgrow the memory when packets come in from ``outer``."""

    def transit(self, ingress: str, landmarks: Intervals) -> Transit | None:
        if ingress == "eth1":
            raise TooLarge(N_("the sets of packets outgrew their memory"))
        return super().transit(ingress, landmarks)


def test_a_zone_that_cannot_be_followed_leaves_the_others(
    zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "Pipeline", Small)
    no_policy(town)
    status, found = report(zoneguard, "verify", town)
    (message,) = undetermined(found, "ZG401")
    assert message == (
        "Sessions from outer could not be followed to their end (gw): the sets of packets outgrew their memory."
    )
    assert states(found) == {("inner", "outer"): "allowed", ("outer", "inner"): "undetermined"}
    assert status == 3


def test_paths_that_cannot_be_split_by_rules_are_told_whole(
    zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> Any:
        raise TooLarge(N_("the sets of packets outgrew their memory"))
        yield

    monkeypatch.setattr(reachability.Network, "_attributed", refuse)
    no_policy(town)
    status, found = report(zoneguard, "verify", town)
    messages = undetermined(found, "ZG401")
    assert len(messages) == 2
    assert "Sessions from inner to outer could not be compared or split by rules (gw): the sets" in messages[0]
    assert states(found) == {("inner", "outer"): "undetermined", ("outer", "inner"): "undetermined"}
    assert status == 3
