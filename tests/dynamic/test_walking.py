"""Walks from guesses find the records that one walk from the first record finds, and no others."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dynamic.making import pcap
from tests.dynamic.test_cores import compare
from tests.dynamic.test_flows import traffic
from zoneguard.dynamic import _walking
from zoneguard.dynamic._walking import walked


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_walking, "FEW", 8)
    monkeypatch.setattr(_walking, "PROBE", 2)
    monkeypatch.setattr(_walking, "STRIDE", 3)


def record(order: str, header: int, second: int, data: bytes) -> bytes:
    head = struct.pack(order + "4I", second, 500_000 + second % 1000, len(data), len(data))
    return head + bytes(header - 16) + data


def find(data: bytes, end: int, order: str, header: int, at: int = 0) -> tuple[list[int], int]:
    found, after = walked(np.frombuffer(data + bytes(256), np.uint8), end, order, header, 1000, at)
    return found.tolist(), after


def one_by_one(data: bytes, order: str, header: int, at: int) -> list[int]:
    places = []
    while at + 12 <= len(data):
        places.append(at)
        at += header + struct.unpack_from(order + "I", data, at + 8)[0]
    return places


SECONDS = 1_700_000_000
FORMATS = st.tuples(st.sampled_from("<>"), st.sampled_from([16, 24]))


@given(FORMATS, st.integers(1, 400), st.integers(0, 60), st.integers(0, 9))
def test_nearly_all_records_of_a_usual_capture_are_found(
    kind: tuple[str, int], count: int, longest: int, lead: int
) -> None:
    order, header = kind
    rng = random.Random(count)
    data = bytes(lead) + b"".join(
        record(order, header, SECONDS + n // 9, rng.randbytes(rng.randint(14, 14 + longest))) for n in range(count)
    )
    found, after = find(data, len(data), order, header, lead)
    true = one_by_one(data, order, header, lead)
    assert found == true[: len(found)]
    assert after == [*true, len(data)][len(found)]
    if count > 100:
        assert len(found) > count * 2 // 3


@given(
    FORMATS, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=10, max_size=120), st.integers(0, 99)
)
def test_records_inside_of_records_lead_nobody_astray(
    kind: tuple[str, int], shapes: list[tuple[int, int]], cut: int
) -> None:
    order, header = kind
    within = b"".join(record(order, header, SECONDS, bytes(n)) for n in (3, 0, 20, 5)) * 4
    makers = (bytes, lambda n: within[n:], lambda n: within[:n], lambda n: record(order, header, SECONDS, within)[n:])
    data = b"".join(record(order, header, SECONDS, makers[shape](size)) for shape, size in shapes)
    data = data[: len(data) - cut]
    found, after = find(data, len(data), order, header)
    true = one_by_one(data, order, header, 0)
    assert found == true[: len(found)]
    assert after == [*true, after][len(found)]


@given(st.binary(max_size=300), st.integers(1, 40), FORMATS, st.integers(0, 400))
def test_any_bytes(piece: bytes, times: int, kind: tuple[str, int], at: int) -> None:
    data = piece * times
    found, after = find(data, len(data), *kind, min(at, len(data)))
    assert found == one_by_one(data, *kind, min(at, len(data)))[: len(found)]
    assert after >= at or after == len(data)


def test_a_walk_that_never_arrives_is_given_up() -> None:
    """Guessed places far apart, behind a stretch of the smallest records: no more steps than are worth it."""
    short = b"".join(record("<", 16, SECONDS, b"") for _ in range(5000))
    long = b"".join(record("<", 16, SECONDS, bytes(400)) for _ in range(200))
    data = long[: 416 * 4] + short + long
    found, after = find(data, len(data), "<", 16)
    true = one_by_one(data, "<", 16, 0)
    assert found == true[: len(found)]
    assert after == true[len(found)]


@pytest.mark.parametrize("batch", [1 << 16, 50])
def test_both_cores_find_the_same_records(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("zoneguard.dynamic._core", reason="the compiled core was not built")
    monkeypatch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", batch)
    monkeypatch.setattr("zoneguard.dynamic.cores.MAX_BATCH", batch)
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(traffic(3, 400)))
    compare([str(path)])


def test_a_false_guess_costs_only_the_stretch_behind_it() -> None:
    within = b"".join(record("<", 16, SECONDS, bytes(20)) for _ in range(60))
    rng = random.Random(1)
    data = b"".join(
        record("<", 16, SECONDS + n // 9, within if n % 100 == 50 else rng.randbytes(250)) for n in range(600)
    )
    found, after = find(data, len(data), "<", 16)
    true = one_by_one(data, "<", 16, 0)
    assert found == true[: len(found)]
    assert after == [*true, len(data)][len(found)]
    assert len(found) > 500
