"""Every file that the public captures hold, recovered by hash through the whole dynamic half, and none besides."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.inspection.talk import CORPUS
from zoneguard.dynamic.replay import Options, replay
from zoneguard.model.flows import Transfer
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap

TRUTH = CORPUS / "captures/files-truth.json"
NOT_HELD = {  # the capture lacks bytes of these: packets were lost when it was taken
    "b6e5d8314e3c65a277af9db044b0cd6df1b641c0378703a5ab5de6d54cb9033f",
    "8ff57c7fc0d4babd27e2e914ad9b556b1b980a69710d3917266ec1cb4edbb782",
    "2a6d1d2d85129cf9e84290a94e7b4d7cfe09d80c47a899dbc04cc61cc737c5a4",
}


@pytest.mark.corpus
def test_every_file_that_is_held_is_recovered() -> None:
    if not TRUTH.exists():
        pytest.skip(f"the external corpus is not at {CORPUS}")
    missing = set()
    for entry in json.loads(TRUTH.read_text()):
        kept: list[tuple[Transfer, bytes]] = []
        capture = CaptureEntry(CORPUS / "captures" / entry["file"], SourceSpan("zoneguard.yaml", 1, 1))
        options = Options(all_flows=True, digest=False, keep=lambda t, data, kept=kept: kept.append((t, data)))  # type: ignore[misc]
        transfers = replay([capture], ZoneMap([]), options).transfers
        asserted = {t.sha256 for t in transfers} | {v for t in transfers for k, v in t.facts if k.startswith("sha256")}
        asserted |= {hashlib.md5(data).hexdigest() for t, data in kept if t.sha256}
        assert len({t.key for t in transfers}) == len(transfers), entry["file"]
        missing |= {value for _, value in entry["hashes"] if value not in asserted}
    assert missing == NOT_HELD
