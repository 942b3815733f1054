"""A rule's condition as a person would say it."""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.model.addresses import ALL_ADDRESSES, format_address, format_addresses, format_mac
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, AnyOf, Bits, Field, In, Ingress, Match, Not, Unknown
from zoneguard.model.text import N_, Text, as_reason
from zoneguard.reports._values import protocol_text

ADDRESS_FIELDS = (Field.SRC, Field.DST, Field.ORIG_DST)
STATES = ("new", "established", "related", "invalid", "untracked")
SHOWN = 8
MAX_DEPTH = 4


def match_text(match: Match, say: Callable[[Text], str] = str, depth: int = 0) -> str:
    """``src 10.0.0.0/8 and proto tcp and dport 80``; ``any`` where nothing is asked. ``say``: a sentence in
    the language of the page."""
    if depth > MAX_DEPTH:
        return "(…)"
    if isinstance(match, All):
        return _joined(match.parts, " and ", "any", say, depth)
    if isinstance(match, AnyOf):
        return _joined(match.parts, " or ", "nothing", say, depth)
    if isinstance(match, Not):
        return f"not {match_text(match.part, say, depth + 1)}"
    if isinstance(match, In):
        return f"{match.field.value} {values_text(match.field, match.values)}"
    if isinstance(match, Bits):
        if match.field in ADDRESS_FIELDS:
            return f"{match.field.value} {format_address(match.value)} under mask {format_address(match.mask)}"
        return f"{match.field.value} & {match.mask:#x} = {match.value:#x}"
    if isinstance(match, Unknown):
        return say(N_("unknown({condition})", condition=as_reason(match.key)))
    side = "in" if isinstance(match, Ingress) else "out"
    return f"{side} {', '.join(sorted(match.names))}"


def _joined(parts: tuple[Match, ...], word: str, empty: str, say: Callable[[Text], str], depth: int) -> str:
    if not parts:
        return empty
    shown = [match_text(part, say, depth + 1) for part in parts[:SHOWN]] + (["…"] if len(parts) > SHOWN else [])
    text = word.join(shown)
    return f"({text})" if depth and len(parts) > 1 else text


def values_text(field: Field, values: Intervals) -> str:
    """The values of ``field``, the first few where there are many."""
    texts = value_list(field, values if values == ALL_ADDRESSES else Intervals(values.spans[: SHOWN + 1]))
    return ", ".join(texts[:SHOWN]) + (", …" if len(texts) > SHOWN else "")


def value_list(field: Field, values: Intervals) -> list[str]:
    """Every value or range of ``field`` as it is usually written."""
    if field in ADDRESS_FIELDS:
        return format_addresses(values)
    return [_span(field, low, high) for low, high in values.spans]


def _span(field: Field, low: int, high: int) -> str:
    if low == high:
        return _value(field, low)
    return f"{_value(field, low)}-{_value(field, high)}"


def _value(field: Field, value: int) -> str:
    if field is Field.PROTO:
        return protocol_text(value)
    if field is Field.MAC:
        return format_mac(value)
    if field is Field.ICMP:
        return f"{value >> 8}:{value & 255}"
    if field is Field.STATE and value < len(STATES):
        return STATES[value]
    return str(value)
