"""``nat`` from 8.3 on: twice NAT, and NAT of network objects, in the order in which they are asked.

The order is that of the configuration guide ("NAT Rule Order"): twice NAT as written; objects, static before dynamic,
then fewer real addresses, then the lower address, then the name; twice NAT ``after-auto`` as written.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._cisco_asa.nat_entry import ANY, PortMap, Side, Translation, pairs
from zoneguard.parsers._cisco_asa.values import ALL_PORTS, Service, UnreadableError, Words, port, protocol

_WITHOUT_MEANING = frozenset({"dns", "no-proxy-arp", "net-to-net", "round-robin", "include-reserve", "ipv6"})
_MOST_PIECES = 200_000  # of all translations together
_POOL_OPTIONS = frozenset({"round-robin", "extended", "flat", "include-reserve", "block-allocation", "cluster-member"})


def translations(config: Config) -> list[Translation]:
    """Every translation in force, in order; what cannot be read is accounted for."""
    first: list[Translation] = []
    last: list[Translation] = []
    for command in config.nats:
        found = _read(command, config, "")
        if found is None:
            continue
        after, position, rule = found
        section = last if after else first
        section.insert(len(section) if position is None else max(0, position - 1), rule)
    automatic = [
        (rule, name)
        for name, commands in config.objects.items()
        for command in commands
        if (found := _read(command, config, name)) is not None
        for rule in (found[2],)
    ]
    automatic.sort(key=_automatic_order)
    return [*first, *(rule for rule, _ in automatic), *last]


def _automatic_order(entry: tuple[Translation, str]) -> tuple[bool, int, int, str]:
    rule, name = entry
    spans = rule.source.spans or ()
    return not rule.static, rule.source.size, min((low for low, _ in spans), default=0), name


def _read(command: Command, config: Config, name: str) -> tuple[bool, int | None, Translation] | None:
    config.ledger.understood(command.line, command.last)
    try:
        return _automatic(command, config, name) if name else _twice(command, config)
    except (ValueError, IndexError) as error:
        reason = str(error) if isinstance(error, UnreadableError) else Reason("malformed")
        config.not_understood(command.line, reason, Concern.NAT)
        return None


def interfaces(word: str, config: Config) -> tuple[str, str]:
    """``(real,mapped)``; ``any`` is empty. Raises ``UnreadableError`` for one that is not defined."""
    names = [n.strip() for n in word.strip("()").split(",")]
    if len(names) != 2:
        raise UnreadableError("not a pair of interfaces")
    for one in names:
        if one != "any" and one not in config.named:
            raise UnreadableError(Reason("an interface that is not defined: {name}", name=one[:40]))
    real, mapped = ("" if one == "any" else one for one in names)
    return real, mapped


def _side(word: str, config: Config) -> Side:
    """A network object or group, or an address."""
    spans = config.book.order(word)
    if spans is not None:
        return Side(spans)
    address = config.book.address(word)
    if "." not in address and ":" not in address:
        raise UnreadableError(Reason("a network that is not defined or not wholly known: {word}", word=word[:40]))
    value = parse_address(address)
    return Side(((value, value),))


def _automatic(command: Command, config: Config, name: str) -> tuple[bool, None, Translation]:
    words = Words(command.words, 1)
    real, mapped = interfaces(words.take(), config) if words.peek().startswith("(") else ("", "")
    kind = words.take()
    source = _side(name, config)
    if kind == "static":
        to = _mapped(words, config, mapped)
        if not to.interface and config.book.order(command.words[command.words.index("static") + 1]) is None:
            to = _alike(source, to)
    elif kind == "dynamic":
        to = _pool(words, config, mapped)
    else:
        raise UnreadableError(Reason("not a kind of translation: {kind}", kind=kind[:40]))
    options = _options(words, kind)
    ports = options.pop("service", None)
    source_port = None
    if isinstance(ports, tuple):
        protocols = protocol(ports[0]) or Intervals()
        source_port = PortMap(protocols, Intervals.of(port(ports[1])), Intervals.of(port(ports[2])))
    rule = Translation(
        f"nat of object {name}", config.span(command), real, mapped, kind == "static", source, to,
        source_port=source_port, whole=False, routed="route-lookup" in options, pat=_is_pat(to, options, kind),
        fallback="interface" in options,
    )  # fmt: skip
    return False, None, _checked(rule, config)


def _checked(rule: Translation, config: Config) -> Translation:
    """``rule``, after its addresses were paired once. Raises ``UnreadableError`` where they do not correspond."""
    config.pieces += sum(len(side.spans or ()) for side in (rule.source, rule.to, *(rule.target or ())))
    if config.pieces > _MOST_PIECES:
        raise UnreadableError("more translations than are modelled")
    if rule.static:
        list(pairs(rule.source, rule.to))
    if rule.target is not None:
        list(pairs(*rule.target))
    versions = {low >= V6 for side in (rule.source, rule.to) for low, _ in side.spans or ()}
    if len(versions) > 1:
        raise UnreadableError("a translation between the versions of IP")
    return rule


def _alike(source: Side, to: Side) -> Side:
    """An address in place of a network stands for as many: of a subnet, the one with that mask."""
    if to.spans is None or source.spans is None or len(source.spans) != 1:
        return to
    low, high = source.spans[0]
    count = high - low + 1
    first = to.spans[0][0]
    if count & (count - 1) == 0 and low % count == 0:
        first -= (first - (V6 if first >= V6 else 0)) % count
    return Side(((first, first + count - 1),))


def _mapped(words: Words, config: Config, mapped: str) -> Side:
    """What stands for the address of another: the interface's own, a network object, an address."""
    if not words.skip("interface"):
        return _side(words.take(), config)
    if not mapped:
        raise UnreadableError("the address of an interface that is not named")
    return of_interface(mapped, config, v6=words.skip("ipv6"))


def of_interface(name: str, config: Config, v6: bool = False) -> Side:
    """The address of the interface ``name``; without spans where it is not in the configuration."""
    own = [a.address for a in config.named[name].addresses if (a.address >= V6) == v6] if name in config.named else []
    return Side(tuple((a, a) for a in own[:1]), name)


def _pool(words: Words, config: Config, mapped: str) -> Side:
    """What a dynamic translation takes addresses from."""
    if words.skip("interface"):
        return of_interface(mapped, config, v6=words.skip("ipv6")) if mapped else Side((), "the interface")
    if words.peek() == "pat-pool":
        return Side(_side(words.peek(1), config).spans)
    return _side(words.take(), config)


def _options(words: Words, kind: str) -> dict[str, object]:
    found: dict[str, object] = {}
    while words.peek():
        word = words.take()
        if word == "pat-pool":
            found["pat-pool"] = words.take()
        elif word == "interface" and kind == "dynamic":
            found["interface"] = True
        elif word == "service" and words.peek(2):
            found["service"] = (words.take(), words.take(), words.take())
        elif word == "route-lookup":
            found["route-lookup"] = True
        elif word not in _WITHOUT_MEANING and word not in _POOL_OPTIONS:
            raise UnreadableError(Reason("a word that is not known: {word}", word=word[:40]))
    return found


def _is_pat(to: Side, options: dict[str, object], kind: str) -> bool:
    """Whether many hosts share an address: one address, the interface's, or a pool of addresses with ports."""
    if kind == "static":
        return False
    single = to.spans is not None and all(low == high for low, high in to.spans)
    return bool(to.interface) or single or "pat-pool" in options


def _twice(command: Command, config: Config) -> tuple[bool, int | None, Translation] | None:
    words = Words(command.words, 1)
    real, mapped = interfaces(words.take(), config) if words.peek().startswith("(") else ("", "")
    after = words.skip("after-auto")
    position = int(words.take()) if words.peek().isdigit() and len(words.peek()) < 6 else None
    if not words.skip("source"):
        raise UnreadableError("a translation without source")
    kind = words.take()
    if kind not in ("static", "dynamic"):
        raise UnreadableError(Reason("not a kind of translation: {kind}", kind=kind[:40]))
    source = ANY if words.skip("any") else _side(words.take(), config)
    options: dict[str, object] = {}
    if kind == "static":
        to = ANY if words.skip("any") else _mapped(words, config, mapped)
    else:
        to = _pool(words, config, mapped)
    target: tuple[Side, Side] | None = None
    source_port, target_port = None, None
    for word in iter(words.peek, ""):
        words.take()
        if word == "destination":
            words.skip("static")
            mapped_target = _mapped(words, config, real) if words.peek() == "interface" else _target(words, config)
            target = _target(words, config), mapped_target
        elif word == "service":
            source_port, target_port = _services(config, words.take(), words.take(), kind == "static")
        elif word == "inactive":
            return None
        elif word == "description":
            break
        elif word == "pat-pool":
            options[word] = words.take()
        elif word in ("unidirectional", "route-lookup") or (word == "interface" and kind == "dynamic"):
            options[word] = True
        elif word not in _WITHOUT_MEANING and word not in _POOL_OPTIONS:
            raise UnreadableError(Reason("a word that is not known: {word}", word=word[:40]))
    rule = Translation(
        f"nat line {command.line}", config.span(command), real, mapped, kind == "static", source, to, target,
        source_port, target_port, one_way="unidirectional" in options, routed="route-lookup" in options,
        pat=_is_pat(to, options, kind), fallback="interface" in options,
    )  # fmt: skip
    return after, position, _checked(rule, config)


def _target(words: Words, config: Config) -> Side:
    return ANY if words.skip("any") else _side(words.take(), config)


def _services(config: Config, first: str, second: str, static: bool) -> tuple[PortMap | None, PortMap | None]:
    """Source and destination ports: the first service has the real source and the mapped destination."""
    (a,), (b,) = (_service(config, name) for name in (first, second))
    if a.protocols != b.protocols or a.protocols is None:
        raise UnreadableError("services of different protocols")
    source = None
    if a.sport is not None and b.sport is not None and static:
        source = PortMap(a.protocols, a.sport, b.sport)
    target = PortMap(a.protocols, b.dport or ALL_PORTS, a.dport or ALL_PORTS)
    return source, target if a.dport is not None or source is None else None


def _service(config: Config, name: str) -> Iterator[Service]:
    found = [Service(protocol("tcp"))] if name == "any" else config.book.object_services(name)
    if len(found) != 1 or found[0].doubt or found[0].icmp is not None:
        raise UnreadableError(Reason("a service that is not one known service: {name}", name=name[:40]))
    yield found[0]
