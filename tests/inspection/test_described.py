"""Every protocol, content family and kind of hazard has its line in the reference and its title."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from zoneguard.inspection import ContentFamily, Protocol
from zoneguard.inspection.hazards import TITLES
from zoneguard.plugins import of_type

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/zoneguard/inspection"
PROTOCOLS, CONTENT = (
    (ROOT / "docs/reference" / name).read_text(encoding="utf-8") for name in ("protocols.md", "content.md")
)


def kinds() -> set[str]:
    """Every kind that a hazard is made with: written in the call, or a value of a table of kinds."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Hazard":
                found |= {
                    c.value for c in ast.walk(node.args[0]) if isinstance(c, ast.Constant) and isinstance(c.value, str)
                }
    return found


def test_every_kind_of_hazard_has_a_title_and_a_row() -> None:
    assert kinds() <= TITLES.keys()
    assert {kind for kind in TITLES if f"`{kind}`" not in PROTOCOLS + CONTENT} == set()


def test_every_title_is_of_a_kind_that_is_found() -> None:
    written = "".join(p.read_text(encoding="utf-8") for p in SOURCE.rglob("*.py") if p.name != "hazards.py")
    assert {kind for kind in TITLES if f'"{kind}"' not in written} == set()


@pytest.mark.parametrize("protocol", of_type("zoneguard.inspection.protocols", Protocol), ids=lambda p: p.name)
def test_every_protocol_has_its_row(protocol: Protocol) -> None:
    assert f"| `{protocol.name}` | {protocol.title} |" in PROTOCOLS


@pytest.mark.parametrize("family", of_type("zoneguard.inspection.content", ContentFamily), ids=lambda f: f.name)
def test_every_family_has_its_row(family: ContentFamily) -> None:
    assert f"| `{family.name}` |" in CONTENT
