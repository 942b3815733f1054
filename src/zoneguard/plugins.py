"""Discovery: a parser, protocol, content family, check, profile or report is one file ending in ``PLUGIN = …``.

Modules of the package are scanned, except private ones (``_name``); third parties add theirs by an entry point in the
group of the same name.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

from zoneguard.collector import paused_collector

T = TypeVar("T")


@cache
@paused_collector()
def discover(package: str) -> tuple[object, ...]:
    """Every ``PLUGIN`` of the modules in ``package`` (a dotted name) by module name, then those of entry points."""
    path = importlib.import_module(package).__path__
    names = sorted(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_"))
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    found = [m.PLUGIN for m in modules if hasattr(m, "PLUGIN")]
    return (*found, *(e.load() for e in entry_points(group=package)))


def of_type(package: str, kind: type[T]) -> tuple[T, ...]:
    """The plugins of ``package``; raises ``TypeError`` where one is not a ``kind``."""
    plugins = discover(package)
    for plugin in plugins:
        if not isinstance(plugin, kind):
            raise TypeError(f"{package}: {plugin!r} is not a {kind.__name__}")
    return plugins  # type: ignore[return-value]
