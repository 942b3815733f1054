"""The house: layers, and what every plug-in owes its readers."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import zoneguard
from zoneguard.loading.profile import shipped_profiles
from zoneguard.plugins import discover

ROOT = Path(__file__).parent.parent
SOURCE = Path(zoneguard.__file__).parent
REFERENCE = ROOT / "docs" / "reference"
PLUGIN_PACKAGES = ("checks", "reports", "parsers", "inspection.protocols", "inspection.content")


def plugin_modules() -> Iterator[tuple[str, ModuleType]]:
    """Each shipped module that ends in ``PLUGIN``, with the package it is discovered in."""
    for package in PLUGIN_PACKAGES:
        path = importlib.import_module(f"zoneguard.{package}").__path__
        for info in pkgutil.iter_modules(path):
            module = importlib.import_module(f"zoneguard.{package}.{info.name}")
            if hasattr(module, "PLUGIN"):
                yield package, module


MODULES = [pytest.param(p, m, id=m.__name__.removeprefix("zoneguard.")) for p, m in plugin_modules()]


def documented() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(REFERENCE.glob("*.md")))


def is_named(name: str, text: str) -> bool:
    """As code, or in a heading or the first cell of a table's row."""
    word = re.escape(name)
    return bool(re.search(rf"`{word}`|^#+ .*\b{word}\b|^\| *{word} *\|", text, re.MULTILINE))


def test_layers() -> None:
    contract = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert contract.returncode == 0, contract.stdout


@pytest.mark.parametrize(("package", "module"), MODULES)
def test_a_plugin_has_a_docstring_a_test_and_a_reference_entry(package: str, module: ModuleType) -> None:
    name = module.__name__.rpartition(".")[2]
    assert inspect.getdoc(module), "the module's docstring is its documentation"
    tests = ROOT.joinpath("tests", *package.split("."))
    speaking = [t for t in tests.glob("**/test_*.py") if re.search(rf"\b{name}\b", f"{t.stem} {t.read_text()}")]
    own = list(tests.glob(f"**/test_*{name}*.py"))
    assert own or speaking, f"no test in tests/{package.replace('.', '/')} speaks of {name}"
    known_as = getattr(module.PLUGIN, "id", module.PLUGIN.name)
    assert is_named(known_as, documented()), f"{known_as} is in no page of docs/reference"


@pytest.mark.parametrize("name", shipped_profiles())
def test_a_profile_has_a_test_and_a_reference_entry(name: str) -> None:
    tests = (ROOT / "tests" / "profiles").glob("test_*.py")
    assert any(f'"{name}"' in test.read_text(encoding="utf-8") for test in tests)
    assert is_named(name, documented())


@pytest.mark.parametrize("package", PLUGIN_PACKAGES)
def test_plugin_names_are_used_once(package: str) -> None:
    plugins = discover(f"zoneguard.{package}")
    names = [getattr(plugin, "id", getattr(plugin, "name", "")) for plugin in plugins]
    assert names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    assert text.startswith('"""') and not text.startswith('""""""')
