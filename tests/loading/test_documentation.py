"""What the reference page shows can be loaded."""

import re
from pathlib import Path

from zoneguard.loading.attestations import read_attestations
from zoneguard.loading.profile import load_profile
from zoneguard.loading.project import load_project

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "zoneguard-yaml.md"
PROJECT, WORDS, PROFILE = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_project(tmp_path: Path) -> None:
    for name in ("configs/fw-core.conf", "configs/fw-core.routes.txt", "captures/lg-edge.pcap"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "zoneguard.yaml").write_text(PROJECT, encoding="utf-8")
    project = load_project(tmp_path)
    assert [e.id for e in project.exceptions] == ["EX-01"]


def test_the_example_of_attestations(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text(WORDS, encoding="utf-8")
    found, errors = read_attestations(tmp_path / "words.yaml", load_profile("mikasa").clauses)
    assert not errors
    assert [word.clause for word in found] == ["mikasa:24(3)"]


def test_the_example_profile(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(PROFILE, encoding="utf-8")
    assert [c.number for c in load_profile("own.yaml", tmp_path).clauses] == ["24(1)", "24(3)"]


def test_every_key_is_on_the_page() -> None:
    from zoneguard.loading.json_schema import json_schema

    page = PAGE.read_text(encoding="utf-8")
    models = [m for name in ("project", "attestations") for s in [json_schema(name)] for m in (s, *s["$defs"].values())]
    keys = {key for model in models for key in model["properties"]}
    assert not sorted(key for key in keys if f"`{key}`" not in page and f"{key}:" not in page)
