"""The ASA files of the corpus: parsed without a crash, every line accounted for, recognised by their version."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zoneguard.parsers.cisco_asa import PLUGIN
from zoneguard.parsers.reading import read_source

ROOT = (
    Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs" / "cisco_asa"
)
FILES = sorted(ROOT.glob("*")) if ROOT.is_dir() else []
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.rpartition("__")[2])
def test_every_file_is_parsed_and_accounted_for(path: Path) -> None:
    source = read_source(path, path.name)
    account = PLUGIN.parse(source, "device").account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert all(m.reason not in ("malformed", "this command is not known") for m in account.not_understood)
    named = any(line.startswith("ASA Version") for line in source.lines)
    assert (PLUGIN.sniff(source) > 0.9) is named


def found(name: str) -> dict[int, str]:
    (path,) = [p for p in FILES if p.name.endswith(f"__{name}")]
    account = PLUGIN.parse(read_source(path, path.name), "device").account
    return {m.span.first: m.reason for m in account.not_understood}


def test_what_the_files_leave_open_is_what_they_lack() -> None:
    assert found("asa-filters") == {36: "an access list that is not defined"}
    assert found("network-object") == {16: "an object that is not defined"}
    assert found("asa-nat-object-refs") == {42: "an interface that is not defined: dmz"}
    assert set(found("asa-static-gh-5729").values()) == {"a route out of an interface that is not defined"}
    assert found("asa-security-level-permit-tracing") == {}
