"""What a parser made of one file: the vendor-neutral device, and every line that was not understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from zoneguard.model.addresses import format_address, format_prefix
from zoneguard.model.device import Device, Filter, LineAccount, NatRule, Rule, RuleList, SetTo, Stage, Translate, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import In
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.reports._page import Page
from zoneguard.reports._values import evidence, line_account
from zoneguard.reports.views.matching import match_text, value_list, values_text

ADDRESS_KEYS = {"address", "network", "next_hop"}


def write_parsed(page: Page, devices: tuple[Device, ...], account: LineAccount) -> None:
    """Counts first, then what was not understood, then the model."""
    page.line(page.paint(f"{account.file}: {account.format}", "bold"))
    ignored = sum(account.ignored.values())
    count = N_(
        "{total} lines: {understood} understood, {ignored} ignored, {rest} not understood",
        total=account.total,
        understood=account.understood,
        ignored=ignored,
        rest=account.open_lines,
    )
    page.paragraph(page.say(count), 2)
    for reason, number in sorted(account.ignored.items(), key=lambda item: (-item[1], item[0])):
        page.paragraph(page.say(N_("ignored {count}: {reason}", count=number, reason=page.translate(reason))), 4, "dim")
    if account.not_understood:
        page.heading(page.say(N_("Not understood")))
    for entry in account.not_understood:
        page.line(page.paint(f"  {entry.span}  [{entry.concern.value}]"))
        page.paragraph(entry.text, 4)
        page.paragraph(page.translate(entry.reason), 4, "dim")
    for device in devices:
        _device(page, device)


def _device(page: Page, device: Device) -> None:
    page.heading(f"{device.name} ({device.vendor})")
    for interface in device.interfaces:
        addresses = ", ".join(f"{format_address(a.address)}/{a.length}" for a in interface.addresses) or "-"
        state = "" if interface.enabled else page.say(N_("(disabled)"))
        page.line(page.paint(f"  {interface.name}  {addresses}  {interface.zone} {state}"))
    for vrf in device.vrfs:
        page.line()
        page.line(page.paint(f"  {vrf.name}: {', '.join(sorted(vrf.interfaces))}", "bold"))
        for route in vrf.routes:
            prefix = format_prefix(route.network, route.length)
            hop = format_address(route.next_hop) if route.next_hop is not None else ""
            out = f"    {prefix} → {hop} {route.interface}".rstrip()
            page.line(page.paint(f"{out}  {route.kind.value} {route.span}"))
        for stage in vrf.stages:
            _stage(page, stage, vrf)
        for name in sorted(vrf.lists):
            page.line(page.paint(f"    list {name}", "bold"))
            _rules(page, vrf.lists[name])


def _stage(page: Page, stage: Stage, vrf: Vrf) -> None:
    if not isinstance(stage, Filter | Translate):
        page.line(page.paint(f"    routing, {len(vrf.policy_routes)} policy routes", "bold"))
        return
    kind = "filter" if isinstance(stage, Filter) else f"translate {stage.field.value}"
    sides = [
        f"{word} {', '.join(sorted(names))}"
        for word, names in (("in", stage.ingress), ("out", stage.egress))
        if names is not None
    ]
    page.line(page.paint(f"    {' '.join([kind, stage.rules.name, *sides])}", "bold"))
    _rules(page, stage.rules)


def _rules(page: Page, rules: RuleList) -> None:
    for rule in rules.rules:
        page.field(str(rule.span.first), [_rule_text(page, rule)], 6, 8)
    page.field("", [f"default {_action_text(rules.default)}"], 6, 8)


def _rule_text(page: Page, rule: Rule | NatRule) -> str:
    if isinstance(rule, NatRule):
        rewrites = ", ".join(_action_text(rewrite) for rewrite in rule.rewrites) or "exempt"
        return f"{rule.name} {match_text(rule.match, page.say)} ⇒ {rewrites}".strip()
    disabled = "" if rule.enabled else f"{page.say(N_('(disabled)'))} "
    return f"{disabled}{_action_text(rule.action)} {match_text(rule.match, page.say)}"


def _action_text(action: Any) -> str:
    parts = []
    for field in fields(action):
        value = getattr(action, field.name)
        if isinstance(value, Intervals):
            parts.append(values_text(action.field, value))
        elif field.name in ADDRESS_KEYS:
            parts.append(format_address(value))
        elif value is True:
            parts.append(field.name)
        elif value is not False:
            parts.append(str(value))
    name = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(action).__name__).lower()
    return " ".join([name, *parts])


def parsed_json(devices: tuple[Device, ...], account: LineAccount) -> dict[str, Any]:
    """The model as plain values: every value of the vocabulary is an object with its ``type``."""
    return {
        "schema": "zoneguard.parse/1",
        "format": account.format,
        "account": line_account(account),
        "devices": [_plain(device) for device in devices],
    }


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, SourceSpan):
        return evidence(value)
    if isinstance(value, Intervals):
        return [list(span) for span in value.spans]
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        own = {f.name: _plain(getattr(value, f.name), f.name) for f in fields(value)}
        if isinstance(value, In | SetTo):
            own["values"] = value_list(value.field, value.values)
        return {"type": type(value).__name__, **own}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in sorted(value.items())}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and key in ADDRESS_KEYS:
        return format_address(value)
    return value
