"""Where things stand in a PAN-OS configuration: one firewall, a firewall with pushed policy, or a whole Panorama.

The order of rules and the precedence of objects are those of the Panorama Administrator's Guide ("Device Group
Hierarchy", "Device Group Policies", "Device Group Objects", "Templates and Template Stacks"): shared pre-rules, those
of each device group from the topmost down, the firewall's own, post-rules in the opposite order, default rules; an
object of the nearest level, a setting of the uppermost template of the stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.parsers._panos.tree import Node, merged

VSYS_TABLES = (
    "address", "address-group", "service", "service-group", "zone", "rulebase", "application", "application-group",
    "application-filter", "tag", "schedule", "region", "external-list", "profiles", "profile-group", "log-settings",
    "import", "display-name", "dynamic-user-group", "global-protect", "redistribution-agent",
    "user-id-collector", "server-profile", "authentication-profile", "captive-portal", "threats", "pre-rulebase",
    "post-rulebase", "device-object", "setting",
)  # fmt: skip
"""What a firewall with one virtual system writes without naming it."""

MAX_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Vsys:
    """A virtual system. ``layers`` hold its objects, the nearest first; ``rulebases`` its rules in their order.

    ``defaults`` are the places where the default rules may be overridden, the nearest first. ``label`` tells it from
    those of other devices in conditions that cannot be decided. ``elsewhere``: after so many of ``rulebases`` come
    rules of the firewall's own that are in another file.
    """

    name: str
    label: str
    node: Node
    layers: tuple[Node, ...]
    rulebases: tuple[Node, ...]
    defaults: tuple[Node, ...]
    elsewhere: int | None = None


@dataclass(frozen=True, slots=True)
class Firewall:
    """One device. ``managed``: where a Panorama names it; its own settings and rules are then in another file.

    ``serial`` is known there only. ``home``: all of its configuration that the file holds.
    """

    name: str
    network: Node
    settings: Node
    vsyses: tuple[Vsys, ...]
    managed: Node | None = None
    serial: str = ""
    home: Node = field(default_factory=lambda: Node("", 1, 1))


@dataclass(frozen=True, slots=True)
class Layout:
    """The devices of a file, and the device groups and templates that none of them uses."""

    firewalls: tuple[Firewall, ...]
    homes: tuple[Node, ...]
    unused: tuple[Node, ...] = ()


def read_layout(root: Node, name: str) -> Layout:
    """The devices of the configuration ``root``; there is at least one."""
    homes = tuple(_homes(root))
    home = merged(homes)
    managed = _managed(home)
    if not managed:
        return Layout((_firewall(home, name),), homes)
    firewalls = []
    used: set[int] = set()
    for serial, places in managed.items():
        label = name if len(managed) == 1 else f"{name}:{serial}"
        firewalls.append(_managed_firewall(home, label, serial, places[0], used))
    if home.at("network") is not None or home.at("vsys") is not None:
        firewalls.insert(0, _firewall(home, name if len(managed) > 1 else f"{name}:panorama"))
    tables = (home.below("device-group"), home.below("template"))
    unused = tuple(node for table in tables for node in table.values() if id(node) not in used)
    return Layout(tuple(firewalls), homes, unused)


def _homes(root: Node) -> Iterator[Node]:
    """The nodes that hold ``network``, ``shared``, ``vsys`` and their like: the root, ``config``, each device of it."""
    for wrapper in ("response", "result"):
        root = root.at(wrapper) or root
    yield root
    config = root.at("config")
    if config is not None:
        yield config
    for top in (root, config):
        if top is not None:
            yield from (node for node in top.below("devices").values() if node.children)


def _vsyses(home: Node) -> dict[str, Node]:
    """The virtual systems; tables that stand outside of any belong to ``vsys1``."""
    found = dict(home.below("vsys"))
    plain = Node("vsys1", home.first, home.last, home.marks)
    plain.children = {word: node for word, node in home.children.items() if word in VSYS_TABLES}
    if plain.children or not found:
        found["vsys1"] = merged([found["vsys1"], plain]) if "vsys1" in found else plain
    return found


def _rulebases(pre: Iterable[Node], own: Node, post: Iterable[Node]) -> tuple[Node, ...]:
    parts = [
        *(node.at("pre-rulebase") for node in pre),
        own.at("rulebase"),
        *(node.at("post-rulebase") for node in post),
    ]
    return tuple(part for part in parts if part is not None)


def _defaults(own: Node, outer: Iterable[Node]) -> tuple[Node, ...]:
    nodes = [own.at("rulebase", "default-security-rules")]
    for node in outer:
        nodes += [node.at(base, "default-security-rules") for base in ("post-rulebase", "pre-rulebase")]
    return tuple(node for node in nodes if node is not None)


def _firewall(home: Node, name: str) -> Firewall:
    """A firewall's own configuration, with the policy that a Panorama pushed to it if that is in the file."""
    shared, pushed = home.at("shared"), home.at("policy", "panorama")
    outer = [node for node in (pushed, shared) if node is not None]
    vsyses = _vsyses(home)
    many = len(vsyses) > 1
    return Firewall(
        name,
        home.at("network") or Node("network", 1, 1),
        home.at("deviceconfig") or Node("deviceconfig", 1, 1),
        tuple(
            Vsys(
                vsys,
                f"{name}/{vsys}" if many else name,
                node,
                (node, *outer),
                _rulebases([*reversed(outer), node], node, [node, *outer]),
                _defaults(node, [node, *outer]),
            )
            for vsys, node in vsyses.items()
        ),
        home=home,
    )


def _managed(home: Node) -> dict[str, list[Node]]:
    """The serial numbers of the firewalls that device groups and template stacks name, with the places."""
    found: dict[str, list[Node]] = {}
    for table in ("template-stack", "device-group"):
        for group in home.below(table).values():
            for serial, node in group.below("devices").items():
                found.setdefault(serial, []).append(node)
    return found


def _managed_firewall(home: Node, name: str, serial: str, place: Node, used: set[int]) -> Firewall:
    stack = next((s for s in home.below("template-stack").values() if serial in s.below("devices")), None)
    templates = [] if stack is None else [stack, *(home.at("template", t) for t in stack.words("templates"))]
    known = [template for template in templates if template is not None]
    used |= {id(template) for template in known}
    variables = [_variables(template) for template in known]
    configs = [config for template in known if (config := template.at("config")) is not None]
    settings = merged([part for config in configs for part in _homes_of_template(config)])
    shared = home.at("shared")
    vsyses = _vsyses(settings)
    result = []
    for vsys, node in vsyses.items():
        chain = _chain(home, serial, vsys)
        used |= {id(group) for group in chain}
        outer = [*chain, *([shared] if shared is not None else [])]
        template_shared = settings.at("shared")
        layers = (node, *outer, *variables, *([template_shared] if template_shared is not None else []))
        rulebases = _rulebases(reversed(outer), node, outer)
        label = f"{name}/{vsys}" if len(vsyses) > 1 else name
        before = sum(group.at("pre-rulebase") is not None for group in outer)
        result.append(Vsys(vsys, label, node, layers, rulebases, _defaults(node, outer), before))
    network = settings.at("network") or Node("network", place.first, place.first)
    deviceconfig = settings.at("deviceconfig") or Node("deviceconfig", place.first, place.first)
    return Firewall(name, network, deviceconfig, tuple(result), place, serial, settings)


def _homes_of_template(config: Node) -> Iterator[Node]:
    yield config
    yield from (node for node in config.below("devices").values() if node.children)


def _variables(template: Node) -> Node:
    """The variables of a template as a layer with address objects."""
    layer = Node(template.name, template.first, template.last, template.marks)
    table = Node("address", template.first, template.last, template.marks)
    table.children = {name: kind for name, node in template.below("variable").items() if (kind := node.at("type"))}
    layer.children = {"address": table}
    return layer


def _chain(home: Node, serial: str, vsys: str) -> list[Node]:
    """The device group of a virtual system and its parents, the nearest first."""
    groups = home.below("device-group")
    group = next((g for g in groups.values() if _holds(g.at("devices", serial), vsys)), None)
    chain: list[Node] = []
    while group is not None and group not in chain and len(chain) < MAX_GROUPS:
        chain.append(group)
        group = groups.get(_parent(home, group))
    return chain


def _holds(place: Node | None, vsys: str) -> bool:
    """Whether a device group that names a firewall at ``place`` means this virtual system of it."""
    return place is not None and (not place.below("vsys") or vsys in place.below("vsys"))


def _parent(home: Node, group: Node) -> str:
    if group.word("parent-dg"):
        return group.word("parent-dg")
    for device in home.below("readonly", "devices").values():
        name = device.word("device-group", group.name, "parent-dg")
        if name:
            return name
    return ""
