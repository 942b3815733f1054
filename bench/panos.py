"""Parsing a PAN-OS firewall of many rules, in each of its three forms: ``python -m bench.panos [RULES]``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from random import Random

from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers.panos import PLUGIN

ZONES = 6
Setting = tuple[tuple[str, ...], tuple[str, ...]]
"""A path of words, and the value or values at its end."""


def settings(rules: int, seed: int = 1) -> Iterator[Setting]:
    """A firewall of six zones and ``rules`` rules, an object for every second of them, groups and services."""
    random = Random(seed)
    yield ("deviceconfig", "system", "hostname"), ("bench",)
    ports = tuple(f"ethernet1/{n}" for n in range(1, ZONES + 1))
    for n, port in enumerate(ports, 1):
        yield ("network", "interface", "ethernet", port, "layer3", "ip"), (f"10.{n}.0.1/16",)
    yield ("network", "virtual-router", "default", "interface"), ports
    for n, port in enumerate(ports, 1):
        yield ("zone", f"zone{n}", "network", "layer3"), (port,)
    objects = [f"host-{n}" for n in range(max(1, rules // 2))]
    for n, name in enumerate(objects):
        yield ("address", name, "ip-netmask"), (f"10.{1 + n % ZONES}.{n // 250 % 250}.{n % 250}/32",)
    groups = [f"group-{n}" for n in range(max(1, rules // 20))]
    for name in groups:
        yield ("address-group", name, "static"), tuple(random.sample(objects, min(8, len(objects))))
    services = [f"tcp-{1000 + n}" for n in range(100)]
    for name in services:
        yield ("service", name, "protocol", "tcp", "port"), (name[4:],)
    for n in range(rules):
        came, leaves = random.sample(range(1, ZONES + 1), 2)
        rule = ("rulebase", "security", "rules", f"rule-{n}")
        yield (*rule, "to"), (f"zone{leaves}",)
        yield (*rule, "from"), (f"zone{came}",)
        yield (*rule, "source"), (random.choice(groups if n % 3 else objects),)
        yield (*rule, "destination"), (random.choice(objects), random.choice(objects))
        yield (*rule, "source-user"), ("any",)
        yield (*rule, "category"), ("any",)
        yield (*rule, "application"), ("any",)
        yield (*rule, "service"), (random.choice(services),)
        yield (*rule, "action"), ("allow" if n % 4 else "deny",)
        yield (*rule, "log-end"), ("yes",)


def set_form(found: Iterator[Setting]) -> tuple[str, ...]:
    """As ``set`` lines."""
    return tuple(
        f"set {' '.join(path)} {words[0] if len(words) == 1 else '[ ' + ' '.join(words) + ' ]'}"
        for path, words in found
    )


def block_form(found: Iterator[Setting], xml: bool) -> tuple[str, ...]:
    """As XML, or as braces."""
    lines = ['<config version="10.2.0">'] if xml else []
    stack: list[str] = []

    def close(depth: int) -> None:
        while len(stack) > depth:
            word = stack.pop()
            lines.append(
                f"{'  ' * len(stack)}{'</entry>' if '-' in word or '/' in word else f'</{word}>'}" if xml else "}"
            )

    for path, words in found:
        common = next((n for n, (a, b) in enumerate(zip(stack, path[:-1], strict=False)) if a != b), None)
        close(min(len(stack), len(path) - 1) if common is None else common)
        for word in path[len(stack) : -1]:
            entry = "-" in word or "/" in word
            lines.append(f'<entry name="{word}">' if xml and entry else f"<{word}>" if xml else f"{word} {{")
            stack.append(word)
        name = path[-1]
        if xml:
            lines += [f"<{name}>", *(f"<member>{word}</member>" for word in words), f"</{name}>"]
        else:
            lines.append(f"{name} {words[0] if len(words) == 1 else '[ ' + ' '.join(words) + ' ]'};")
    close(0)
    return (*lines, "</config>") if xml else tuple(lines)


def main(rules: int) -> None:
    """Print what each form of a firewall of ``rules`` rules takes."""
    known = list(settings(rules))
    forms = {
        "set lines": set_form(iter(known)),
        "braces": block_form(iter(known), xml=False),
        "XML": block_form(iter(known), xml=True),
    }
    for name, lines in forms.items():
        source = Source("bench", lines)
        gc.collect()
        parsed = timed(f"{name}, {len(lines):,} lines", source, "bench", PLUGIN)
        (device,) = parsed.devices
        count = len(device.vrfs[0].stages[1].rules.rules)  # type: ignore[union-attr]
        print(f"    {count:,} rules, {len(parsed.account.not_understood)} lines not understood")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
