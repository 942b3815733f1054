"""Service matrices of the corpus's rulesets against those of a formally verified analyser."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from zoneguard.model.addresses import ALL_V4, parse_address
from zoneguard.parsers.iptables import parse
from zoneguard.parsers.reading import read_source
from zoneguard.static.services import Reading, ServiceMatrix, asked_addresses, find_list, parse_service, service_matrix

ROOT = (
    Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs" / "iptables"
)
TRUTH_FILE = ROOT / "fffuu-truth.json"
TRUTH = json.loads(TRUTH_FILE.read_text()) if TRUTH_FILE.is_file() else {}
SERVICES = {"ssh": "tcp/22", "http": "tcp/80"}
SHARPER = ("configs_chair_for_Network_Architectures_and_Services__iptables-save-2015-05-15_15-23-41", "FORWARD", "ssh")
"""Where conditions doubted together say less than conditions doubted apart: docs/explanation/service-matrix.md."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not TRUTH, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]


def matrices(file: str, reading: Reading) -> dict[tuple[str, str], ServiceMatrix]:
    (device,) = parse(read_source(ROOT / file, file), "device").devices
    (vrf,) = device.vrfs
    found = {}
    for chain in TRUTH[file]:
        rules = find_list(vrf, chain)
        assert asked_addresses(vrf, rules) == ALL_V4
        for name, service in SERVICES.items():
            found[chain, name] = service_matrix(vrf.lists, rules, parse_service(service), ALL_V4, reading)
    return found


@pytest.mark.parametrize("file", sorted(TRUTH))
def test_each_condition_doubted_apart_gives_the_verified_answer(file: str) -> None:
    for (chain, name), matrix in matrices(file, Reading.APART).items():
        truth = TRUTH[file][chain]
        assert (len(matrix.classes), len(matrix.edges)) == (truth[f"{name}_classes"], truth[f"{name}_edges"])


@pytest.mark.parametrize("file", sorted(TRUTH))
def test_equal_conditions_doubted_together_give_the_same_but_once(file: str) -> None:
    for (chain, name), matrix in matrices(file, Reading.TOGETHER).items():
        truth = TRUTH[file][chain]
        same = (len(matrix.classes), len(matrix.edges)) == (truth[f"{name}_classes"], truth[f"{name}_edges"])
        assert same is ((file, chain, name) != SHARPER)


def test_the_packet_that_shows_the_difference() -> None:
    """It would have to come by the interface whose packets from this source an earlier rule drops."""
    src, dst = parse_address("192.168.212.5"), parse_address("131.159.15.247")
    passes = {}
    for reading in Reading:
        matrix = matrices(SHARPER[0], reading)["FORWARD", "ssh"]
        names = [next(c.name for c in matrix.classes if address in c.addresses) for address in (src, dst)]
        passes[reading] = (names[0], names[1]) in matrix.edges
    assert passes == {Reading.APART: True, Reading.TOGETHER: False}
