"""The resources of a plan: what each will be, what is known of it only after apply, and how it is written.

Source: Terraform, «JSON Output Format» (planned_values, resource_changes, prior_state, configuration). A value that is
not known yet is left out of an object and ``null`` in a list; ``after_unknown`` holds ``true`` in its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zoneguard.parsers._json_node import Node

NOTHING = Node(None, 1, 1)
_STEP = re.compile(r'([A-Za-z_][\w-]*)|\[(\d+|"(?:[^"\\]|\\.)*")\]')
_MODULE = re.compile(r"module\.([\w-]+)(?:\[[^\]]*\])?")

Step = str | int


class Resource(NamedTuple):
    """One instance of a resource. ``key`` is its index as written (``0``, ``"a"``), empty where it has none.

    ``change``: what is done to it, as JSON has it, and ``later``: what of it is known only after apply; ``None`` where
    that is not told. ``written``: its entry in the configuration; ``NOTHING`` where there is none.
    """

    address: str
    type: str
    module: str
    key: str
    node: Node
    values: Node
    change: Any = None
    written: Node = NOTHING
    later: Any = None

    @property
    def base(self) -> str:
        """The address without the key."""
        return self.address.removesuffix(f"[{self.key}]") if self.key else self.address

    @property
    def is_new(self) -> bool:
        """Whether the plan makes it, anew or in place of another."""
        return self.unknown("id")

    @property
    def is_gone(self) -> bool:
        """Whether the plan removes it for good."""
        return bool(_inside(self.change, "actions") == ["delete"])

    @property
    def before(self) -> Node:
        """What it is now."""
        before = _inside(self.change, "before")
        return Node(before, 1, 1) if before else NOTHING

    def unknown(self, *path: Step) -> bool:
        """Whether the value at ``path``, or some part of it, is known only after apply."""
        return some_true(self._later(path))

    def unknown_of(self, *path: Step, names: Collection[str]) -> set[str]:
        """Those of ``names``, members of the object at ``path``, that are :meth:`unknown`."""
        found = self._later(path)
        if type(found) is not dict:
            return set(names) if found is True else set()
        return {name for name, part in found.items() if name in names and some_true(part)}

    def _later(self, path: tuple[Step, ...]) -> Any:
        found = self.later
        for step in path:
            if type(found) is dict:
                found = found.get(step)
            elif type(found) is list and isinstance(step, int):
                found = found[step] if step < len(found) else None
            elif found is not True:
                return None
        return found

    def is_written(self, name: str) -> bool:
        """Whether the configuration sets the attribute (one that a ``dynamic`` block makes does not show)."""
        expressions = self.written.get("expressions")
        return expressions is not None and expressions.get(name) is not None


@dataclass(slots=True)
class Plan:
    """Everything of one document."""

    document: Node
    resources: dict[str, Resource] = field(default_factory=dict)
    data: dict[str, Resource] = field(default_factory=dict)
    removed: list[Resource] = field(default_factory=list)
    root: Node = NOTHING
    by_type: dict[str, list[Resource]] = field(default_factory=dict)

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of some types."""
        return (resource for kind in types for resource in self.by_type.get(kind, ()))

    def changed(self, *types: str) -> Iterator[Resource]:
        """Those of some types that the plan keeps, changes or removes: each with what it is now."""
        yield from self.of(*types)
        yield from (resource for resource in self.removed if resource.type in types)


def read_plan(document: Node) -> Plan:
    """The plan, or the state, that ``document`` holds."""
    root = _at(document, "configuration", "root_module")
    plan = Plan(document, root=root)
    written = _Written(root)
    changes = {change.text("address"): change for change in document.each("resource_changes")}
    told = {address: _inside(change.plain, "change") for address, change in changes.items()}
    planned = _at(document, "planned_values", "root_module")
    planned = planned if planned is not NOTHING else _at(document, "values", "root_module")
    for module, node in _walk(planned, 0):
        resource = _resource(module, node, written, told)
        (plan.data if node.text("mode") == "data" else plan.resources)[resource.address] = resource
    for resource in plan.resources.values():
        plan.by_type.setdefault(resource.type, []).append(resource)
    for module, node in _walk(_at(document, "prior_state", "values", "root_module"), 0):
        if node.text("mode") == "data":
            resource = _resource(module, node, written, told)
            plan.data.setdefault(resource.address, resource)
    for address, change in changes.items():
        if address not in plan.resources and change.text("mode") != "data":
            removed = _resource(change.text("module_address"), change, written, told)
            if removed.is_gone:
                plan.removed.append(removed)
    return plan


def module_of(root: Node, path: str) -> Node:
    """The configuration of the module at ``path`` (``module.a[0].module.b``)."""
    found = root
    for name in _MODULE.findall(path):
        found = _at(found, "module_calls", name, "module")
    return found


def steps(reference: str) -> list[Step]:
    """``aws_subnet.app[0].id`` as ``["aws_subnet", "app", 0, "id"]``; a key in quotes stays in quotes."""
    return [int(key[:9]) if key.isdecimal() else key or name for name, key in _STEP.findall(reference)]


class _Written:
    """The configuration of resources, by module and local address."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._modules: dict[str, dict[str, Node]] = {}

    def of(self, module: str, local: str) -> Node:
        if module not in self._modules:
            resources = module_of(self._root, module).each("resources")
            self._modules[module] = {r.text("address"): r for r in resources}
        return self._modules[module].get(local, NOTHING)


def _resource(module: str, node: Node, written: _Written, changes: dict[str, Any]) -> Resource:
    address, kind = node.text("address"), node.text("type")
    index = node.get("index")
    key = "" if index is None else f'"{index.value}"' if isinstance(index.value, str) else index.words
    local = f"{kind}.{node.text('name')}"
    if node.text("mode") == "data":
        local = f"data.{local}"
    values = node.get("values") or NOTHING
    change = changes.get(address)
    later = _inside(change, "after_unknown")
    return Resource(address, kind, module, key, node, values, change, written.of(module, local), later)


def _walk(module: Node, depth: int) -> Iterable[tuple[str, Node]]:
    for node in module.each("resources"):
        yield module.text("address"), node
    for child in module.each("child_modules") if depth < 50 else ():
        yield from _walk(child, depth + 1)


def _at(node: Node, *path: str) -> Node:
    found: Node | None = node
    for step in path:
        found = found.get(step) if found else None
    return found or NOTHING


def _inside(value: Any, key: str) -> Any:
    return value.get(key) if type(value) is dict else None


def some_true(value: Any) -> bool:
    """Whether ``value``, or some part of it, is true."""
    if type(value) is dict:
        return any(map(some_true, value.values()))
    return any(map(some_true, value)) if type(value) is list else value is True
