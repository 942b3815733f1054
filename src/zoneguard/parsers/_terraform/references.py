"""Which objects an attribute names: by ids where they are known, else by what the configuration refers to.

An object is called by its address in the plan (``aws_subnet.app[0]``), one that the plan does not hold by its id. An
attribute of an object that is not the object itself is followed (``aws_subnet.app.vpc_id``) or, where the provider
makes it, called ``ADDRESS.attribute`` (``aws_vpc.main.default_route_table_id``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.plan import Plan, Resource, Step, module_of, steps

MAX_DEPTH = 30
MAX_STEPS = 1000
ITSELF = frozenset({"id", "allocation_id", "arn", "primary_network_interface_id", "name", "private_ip", "self_link"})
FOLLOWED = frozenset({"vpc_id", "subnet_id", "network_interface_id", "security_group_id", "internet_gateway_id",
                      "vpn_gateway_id", "route_table_id", "network_acl_id", "subnet_ids"})  # fmt: skip
MEANT = {
    "vpc_id": ("aws_vpc", "aws_default_vpc"),
    "subnet_id": ("aws_subnet", "aws_default_subnet", "azurerm_subnet"),
    "subnet_ids": ("aws_subnet", "aws_default_subnet"),
    "security_groups": ("aws_security_group", "aws_default_security_group"),
    "vpc_security_group_ids": ("aws_security_group", "aws_default_security_group"),
    "route_table_id": ("aws_route_table", "aws_default_route_table", "azurerm_route_table"),
    "gateway_id": ("aws_internet_gateway", "aws_vpn_gateway", "aws_vpc_endpoint"),
    "nat_gateway_id": ("aws_nat_gateway",),
    "transit_gateway_id": ("aws_ec2_transit_gateway",),
    "transit_gateway_route_table_id": ("aws_ec2_transit_gateway_route_table", "aws_ec2_transit_gateway"),
    "vpc_peering_connection_id": ("aws_vpc_peering_connection",),
    "vpc_endpoint_id": ("aws_vpc_endpoint",),
    "egress_only_gateway_id": ("aws_egress_only_internet_gateway",),
}
"""The types that an attribute can name: the references of a block are those of all its attributes together."""
NO_NAMES = frozenset({"tags", "tags_all", "name", "name_prefix", "description", "user_data", "policy"})
"""Attributes by which nothing is joined to a network."""
NO_OBJECT = frozenset({"path", "terraform", "count"})


@dataclass(frozen=True, slots=True)
class Named:
    """The objects that are surely named. Not ``complete``: others are, too; some of ``maybe``, if that is told."""

    names: tuple[str, ...] = ()
    complete: bool = True
    maybe: tuple[str, ...] = ()

    @property
    def one(self) -> str:
        """The one object that is named; empty where that is not certain."""
        return self.names[0] if self.complete and len(self.names) == 1 else ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an expression stands: its module and the resource that it belongs to."""

    module: str
    key: str
    resource: Resource | None


class References:
    """Resolves attributes of the resources of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        everything = chain(plan.data.values(), plan.resources.values())
        self._by_id = {r.values.text("id"): r.address for r in everything if r.values.text("id")}
        self._instances: dict[str, list[Resource]] = {}
        for resource in chain(plan.resources.values(), plan.data.values()):
            self._instances.setdefault(resource.base, []).append(resource)
        for instances in self._instances.values():
            instances.sort(key=lambda r: (int(r.key[:9]) if r.key.isdecimal() else 0, r.key))
        self._steps = 0
        self._referring: dict[tuple[Step, ...], Named] = {}  # many rules refer to one group
        self._modules = {r.module for r in plan.resources.values()}

    def called(self, text: str) -> str:
        """How the object with the id ``text`` is called."""
        return self._by_id.get(text, text)

    def named(self, resource: Resource, *path: Step) -> Named:
        """The objects that the attribute at ``path`` names, a list of ids or one."""
        self._steps = 0
        later = resource.later
        if (
            len(path) == 1
            and type(later) is dict
            and path[0] not in later
            and (text := resource.values.text(str(path[0])))
        ):
            return Named((self.called(text),))
        return self._named(resource, path, 0)

    def mentioned(self, resource: Resource) -> tuple[set[str], bool]:
        """Every object that some value or expression of ``resource`` names, and whether that is surely all."""
        self._steps = 0
        found = {self._by_id[text] for text in _texts(resource.values) if text in self._by_id}
        place = _Place(resource.module, resource.key, resource)
        sure = True
        expressions = resource.written.get("expressions")
        for name, expression in expressions.members() if expressions else ():
            for refs in _references(expression):
                names, known = self._resolve(place, refs, 0)
                found.update(names)
                sure &= known or name in NO_NAMES or not resource.unknown(name)
        return found, sure

    def _named(self, resource: Resource, path: tuple[Step, ...], depth: int) -> Named:
        known, gaps = _known(resource.values, path)
        names = [self.called(text) for text in known]
        if not resource.unknown(*path):
            return Named(tuple(names))
        expression = _expression(resource, path)
        if expression is None:
            return Named(tuple(names), complete=False)
        refs = _words(expression)
        if names or gaps or depth or any(ref.startswith("each.") for ref in refs):
            return self._referred(resource, refs, path[-1], names, gaps, depth)
        key = resource.module, resource.key, path[-1], *refs
        known_as = self._referring.get(key)
        if known_as is None:
            known_as = self._referring[key] = self._referred(resource, refs, path[-1], [], 0, 0)
        return known_as

    def _referred(
        self, resource: Resource, refs: list[str], attribute: Step, names: list[str], gaps: int, depth: int
    ) -> Named:
        """What an attribute names of which ``names`` are known, and ``gaps`` others of a list are not."""
        found, sure = self._resolve(_Place(resource.module, resource.key, resource), refs, depth)
        found = [name for name in dict.fromkeys(found) if name not in names and self._is_meant(name, attribute)]
        is_list = str(attribute).endswith("s")
        if sure and found and (len(found) == gaps if gaps else is_list or len(found) == 1):
            return Named((*names, *found))
        return Named(tuple(names), complete=False, maybe=tuple(found) if sure else ())

    def _is_meant(self, name: str, attribute: Step) -> bool:
        resource = self._plan.resources.get(name)
        return resource is None or resource.type in MEANT.get(str(attribute), (resource.type,))

    def _resolve(self, place: _Place, refs: list[str], depth: int) -> tuple[list[str], bool]:
        """What the references of one expression name, and whether every one of them is known."""
        found: list[str] = []
        self._steps += len(refs)
        sure = depth < MAX_DEPTH and self._steps < MAX_STEPS
        keyed = any(ref in ("each.key", "each.value", "count.index") for ref in refs)
        for ref in _longest(refs) if sure else ():
            path = steps(ref)
            if not path or path[0] in NO_OBJECT or ref == "each.key":
                continue
            names, known = self._one(place, path, keyed, depth + 1)
            found += names
            sure &= known
        return found, sure

    def _one(self, place: _Place, path: list[Step], keyed: bool, depth: int) -> tuple[list[str], bool]:
        head = path[0]
        if head == "each":
            return self._each(place, path, depth)
        if head == "var" and len(path) > 1:
            own: list[Step] = [int(place.key[:9])] if keyed and place.key.isdecimal() else []
            return self._variable(place, str(path[1]), path[2:] or own, depth)
        if head == "module" and len(path) > 2:
            return self._output(place, path, keyed, depth)
        at = 3 if head == "data" else 2
        if head == "local" or len(path) < at:
            return [], False
        base = ".".join([*([place.module] if place.module else []), *map(str, path[:at])])
        instances, rest = _picked(self._instances.get(base, []), path[at:], place.key if keyed else "")
        found = [self._attribute(instance, rest, depth) for instance in instances]
        return [n for names, _ in found for n in names], bool(found) and all(known for _, known in found)

    def _attribute(self, resource: Resource, rest: list[Step], depth: int) -> tuple[list[str], bool]:
        name = str(rest[0]) if rest else "id"
        if name in ITSELF:
            return [resource.address], resource.address in self._plan.resources or bool(resource.values.text("id"))
        if name in FOLLOWED:
            named = self._named(resource, (name,), depth)
            return list(named.names), named.complete
        known = resource.values.text(name)
        return [self.called(known) if known else f"{resource.address}.{name}"], True

    def _each(self, place: _Place, path: list[Step], depth: int) -> tuple[list[str], bool]:
        """``each.value`` of a ``for_each`` over a resource: its instance of the same key; of plain values: nothing."""
        source = place.resource.written.get("for_each_expression") if place.resource else None
        if source is None or len(path) < 2 or path[1] != "value":
            return [], False
        outside = _Place(place.module, place.key, None)
        refs = list(_longest(_words(source)))
        whole = [base for ref in refs if len(base := steps(ref)) == 2 and base[0] not in ("var", "local", "module")]
        if len(whole) == len(refs) == 1 and place.key:
            return self._one(outside, [*whole[0], place.key, *path[2:]], False, depth)
        names, known = self._resolve(outside, refs, depth)
        return [], known and not names

    def _variable(self, place: _Place, name: str, rest: list[Step], depth: int) -> tuple[list[str], bool]:
        """What the caller of the module gives; a constant names nothing that is not known anyway."""
        outer, _, call = place.module.rpartition("module.")
        if not call:
            return [], True
        parent = outer.rstrip(".")
        bare, _, key = call.partition("[")
        calls = module_of(self._plan.root, parent).get("module_calls")
        caller = calls.get(bare) if calls else None
        expressions = caller.get("expressions") if caller else None
        given = expressions.get(name) if expressions else None
        if given is None:
            return [], True
        names, known = self._resolve(_Place(parent, key.removesuffix("]"), None), _words(given), depth)
        if rest and isinstance(rest[0], int) and len(names) > 1:
            return names[rest[0] : rest[0] + 1], known and rest[0] < len(names)
        return names, known

    def _output(self, place: _Place, path: list[Step], keyed: bool, depth: int) -> tuple[list[str], bool]:
        """What an output of a called module names, in each of its instances that is meant."""
        base = f"{place.module}." * bool(place.module) + f"module.{path[1]}"
        keys = [place.key] if keyed and place.key and f"{base}[{place.key}]" in self._modules else []
        rest = path[2:]
        if isinstance(rest[0], int) or str(rest[0]).startswith('"'):
            keys, rest = [str(rest[0])], rest[1:]
        own = int(place.key[:9]) if keyed and place.key.isdecimal() and not keys and len(rest) == 1 else None
        modules = [f"{base}[{key}]" for key in keys] or sorted(
            m for m in self._modules if m == base or (m.startswith(base + "[") and "." not in m[len(base) :])
        )
        found: list[str] = []
        sure = bool(modules) and bool(rest)
        for module in modules if rest else ():
            outputs = module_of(self._plan.root, module).get("outputs")
            output = outputs.get(str(rest[0])) if outputs else None
            expression = output.get("expression") if output else None
            names, known = self._resolve(_Place(module, "", None), _words(expression), depth)
            index = rest[1] if len(rest) > 1 else own
            if isinstance(index, int) and len(names) > 1:
                names = names[index : index + 1]
            found += names
            sure &= known and expression is not None
        return found, sure


def _picked(instances: list[Resource], rest: list[Step], key: str) -> tuple[list[Resource], list[Step]]:
    """The instances that are meant, and what follows the key: that of the key, else that of the own key, else all."""
    if rest and (isinstance(rest[0], int) or str(rest[0]).startswith('"')):
        return [i for i in instances if i.key == str(rest[0])], rest[1:]
    return [i for i in instances if key and i.key == key] or instances, rest


def _longest(refs: list[str]) -> Iterator[str]:
    """References without those that only lead to the one before (``a.b.id``, then ``a.b``)."""
    last = ""
    for ref in refs:
        if not (last.startswith(ref) and last[len(ref) : len(ref) + 1] in (".", "[")):
            yield ref
            last = ref


def _words(expression: Node | None) -> list[str]:
    return expression.texts("references") if expression else []


def _references(node: Node | None) -> Iterator[list[str]]:
    """The references of every expression within ``node``."""
    if node is None:
        return
    if node.get("references"):
        yield _words(node)
    for part in (n for _, n in node.members()) if isinstance(node.value, dict) else node.items():
        yield from _references(part)


def _expression(resource: Resource, path: tuple[Step, ...]) -> Node | None:
    """The expression of the attribute at ``path``, or of the whole of which it is a part."""
    found = resource.written.get("expressions")
    for step in path:
        if found is None or found.get("references"):
            break
        found = found.at(step) if isinstance(step, int) else found.get(step)
    return found if found is not None and found.get("references") else None


def _known(values: Node, path: tuple[Step, ...]) -> tuple[list[str], int]:
    """The texts at ``path``, one or a list of them, and how many of a list are not known yet."""
    found: Node | None = values
    for step in path:
        if found is None:
            break
        found = found.at(step) if isinstance(step, int) else found.get(step)
    if found is None:
        return [], 0
    texts = [entry.words for entry in found.items()] if isinstance(found.value, list) else [found.words]
    gaps = sum(entry.value is None for entry in found.items())
    return [text for text in texts if text], gaps


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node.value, str):
        yield node.value
    for part in (n for _, n in node.members()) if isinstance(node.value, dict) else node.items():
        yield from _texts(part)
