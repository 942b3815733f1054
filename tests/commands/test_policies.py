"""profiles, explain, schema."""

import json
from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]


def test_profiles(zoneguard: Run) -> None:
    assert "mikasa" in zoneguard("profiles")[1]
    assert "24(1)前段  N  ZG101" in zoneguard("profiles", "mikasa")[1]
    assert json.loads(zoneguard("profiles", "--format", "json")[1])["profiles"][2]["clauses"] == 93
    profile = json.loads(zoneguard("profiles", "mikasa", "--format", "json")[1])
    clause = next(c for c in profile["clauses"] if c["clause"] == "24(1)前段")
    assert (clause["class"], clause["zones"], clause["checks"]) == ("N", ["mynumber"], ["ZG101"])
    assert set(clause["title"]) == {"en", "ja"}


def test_explain(zoneguard: Run) -> None:
    out = zoneguard("explain", "mikasa:24(1)")[1]
    assert "mikasa:24(1)前段" in out
    assert "mikasa:24(1)後段" in out
    assert zoneguard("explain", "exception-register")[1] == zoneguard("explain", "ZG105")[1]
    assert "証明すること" in zoneguard("explain", "24(3)", "--lang", "ja")[1]
    assert "did you mean `mynumber-isolation`?" in zoneguard("explain", "mynumber-isolatoin")[2]
    shown = json.loads(zoneguard("explain", "ZG105", "--format", "json")[1])
    assert "mikasa:131" in shown["checks"][0]["clauses"]


def test_schema(zoneguard: Run) -> None:
    assert json.loads(zoneguard("schema")[1])["title"] == "ProjectFile"
    assert json.loads(zoneguard("schema", "profile")[1])["title"] == "ProfileFile"
