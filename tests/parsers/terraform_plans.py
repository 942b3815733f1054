"""Plans as ``terraform show -json`` writes them, from resources said in short."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

Values = dict[str, Any]


class Ref(str):
    """A value known only after apply: the references of its expression, with a space between."""

    __slots__ = ()


@dataclass
class Plan:
    """Collects resources by module; ``existing`` makes every reference known: everything is there already.

    ``computed`` are attributes that the provider sets and that are known only after apply.
    """

    existing: bool = False
    resources: list[tuple[str, str, Values, Values, tuple[str, ...]]] = field(default_factory=list)
    calls: dict[str, Values] = field(default_factory=dict)
    outputs: dict[str, Values] = field(default_factory=dict)

    def add(self, address: str, values: Values, *computed: str, module: str = "", **written: Any) -> Plan:
        """A resource with its values; ``written`` adds to its entry in the configuration."""
        self.resources.append((module, address, values, written, computed))
        return self

    def text(self, **more: Any) -> str:
        """The JSON on one line."""
        planned: dict[str, list[Values]] = {}
        changes: list[Values] = []
        config: dict[str, dict[str, Values]] = {}
        for module, address, values, written, computed in self.resources:
            full = f"{module}.{address}" if module else address
            local, _, key = address.partition("[")
            index: Values = {"index": json.loads(key[:-1])} if key else {}
            kind, name = local.split(".")
            head = {"address": full, "mode": "managed", "type": kind, "name": name, **index}
            after, unknown = self._known(values), _unknown(values)
            after |= {"id": self.id_of(full)} if self.existing else {}
            unknown = {} if self.existing else unknown | dict.fromkeys((*computed, "id"), True)
            planned.setdefault(module, []).append(head | {"values": after})
            change = {"actions": ["no-op" if self.existing else "create"], "before": after if self.existing else None}
            changes.append(head | {"change": change | {"after": after, "after_unknown": unknown}})
            bare = re.sub(r"\[[^\]]*\]", "", module).removeprefix("module.")
            entry = {"address": local, "mode": "managed", "type": kind, "name": name} | written
            config.setdefault(bare, {})[local] = {"expressions": _expressions(values)} | entry
        document = {
            "format_version": "1.2", "terraform_version": "1.11.4",
            "planned_values": {"root_module": {
                "resources": planned.pop("", []),
                "child_modules": [{"address": m, "resources": r} for m, r in planned.items()],
            }},
            "resource_changes": changes,
            "configuration": {"root_module": {
                "resources": list(config.pop("", {}).values()),
                "module_calls": {
                    name: {"expressions": _expressions(self.calls.get(name, {})), "module": {
                        "resources": list(resources.values()),
                        "outputs": {k: {"expression": e} for k, e in _expressions(self.outputs.get(name, {})).items()},
                    }} for name, resources in config.items()
                },
            }},
            "complete": True, "errored": False,
        }  # fmt: skip
        return json.dumps(document | more, ensure_ascii=False)

    def id_of(self, address: str) -> str:
        """The id of an object that exists."""
        return f"id-{address}"

    def _known(self, values: Values) -> Values:
        """Values as the plan shows them: what comes later is left out, in lists ``null``."""
        return {k: self._one(v) for k, v in values.items() if self.existing or not isinstance(v, Ref)}

    def _one(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.id_of(value.split()[0].removesuffix(".id")) if self.existing else None
        if isinstance(value, list):
            return [self._known(v) if isinstance(v, dict) else self._one(v) for v in value]
        return value


def _unknown(value: Any) -> Any:
    if isinstance(value, Ref):
        return True
    if isinstance(value, dict):
        return {k: found for k, v in value.items() if (found := _unknown(v)) not in (False, [], {})}
    return [_unknown(v) for v in value] if isinstance(value, list) else False


def _expressions(values: Values) -> Values:
    return {k: _expression(v) for k, v in values.items() if v is not None}


def _expression(value: Any) -> Any:
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        return [_expressions(v) for v in value]
    refs = value if isinstance(value, list) else [value]
    words = [ref for v in refs if isinstance(v, Ref) for ref in _with_parents(v)]
    return {"references": words} if words else {"constant_value": value}


def _with_parents(ref: Ref) -> list[str]:
    """Each reference and then what it lies in, as Terraform lists them."""
    found = []
    for word in ref.split():
        found.append(word)
        steps = re.findall(r"[\w-]+|\[[^\]]*\]", word)
        least = 3 if word.startswith("data.") else 2
        texts = ["".join(s if s.startswith("[") else f".{s}" for s in steps[:n])[1:] for n in range(least, len(steps))]
        found += reversed(texts)
    return found
