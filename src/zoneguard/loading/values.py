"""What a single value means: prefixes, addresses, MAC addresses, services, dates. Each raises ``FieldError``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches

from zoneguard.model.addresses import parse_address, parse_prefix, prefix_of
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.project import ServiceSpec
from zoneguard.model.text import N_, Text

PROTOCOLS = {name: number for number, name in PROTOCOL_NAMES.items()}
ALL_PROTOCOLS = Intervals.span(0, 255)
ALL_PORTS = Intervals.span(0, 65535)

_NUMBER = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAC = re.compile(r"(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}")


class FieldError(ValueError):
    """A value that cannot be what it should be; ``text`` says why and the way out."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


def alike(name: str, known: Iterable[str]) -> Text | None:
    """``did you mean …?`` where one of ``known`` is alike."""
    folded = {choice.casefold(): choice for choice in reversed(list(known))}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return N_("did you mean `{name}`?", name=folded[close[0]]) if close else None


def near(name: str, known: Iterable[str]) -> Text:
    """``did you mean …?`` where one of ``known`` is alike, otherwise what is known."""
    choices = list(known)
    close = alike(name, choices)
    if close:
        return close
    if not choices:
        return N_("none is declared")
    shown = ", ".join(choices[:20])
    return N_("known: {names}", names=shown + (", …" if len(choices) > 20 else ""))


def as_text(value: object) -> str:
    """``value`` as text. Raises ``FieldError`` for nothing, a list or a mapping."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, dict):
        raise FieldError(N_("a single value is expected here, not a mapping"))
    if isinstance(value, list):
        raise FieldError(N_("a single value is expected here, not a list"))
    raise FieldError(N_("a value is expected here, but there is none"))


def prefix(value: object) -> tuple[int, int]:
    """``10.0.0.0/8`` as (network in the shared space, length); no bit may be set behind the prefix."""
    text = as_text(value)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise FieldError(N_("`{value}` is no prefix; write it as 10.10.0.0/16 or 2001:db8::/32", value=text)) from None
    if _has_host_bits(text, network):
        raise FieldError(
            N_("`{value}` has bits set behind the prefix; write {network}", value=text, network=str(network))
        )
    return prefix_of(text)


def _has_host_bits(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return ipaddress.ip_address(text.partition("/")[0]) != network.network_address


def addresses(value: object) -> Intervals:
    """An address, a prefix, or a range ``low-high``."""
    text = as_text(value)
    low, dash, high = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            first, last = parse_address(low), parse_address(high)
            if first > last or ipaddress.ip_address(low).version != ipaddress.ip_address(high).version:
                raise FieldError(N_("`{value}` is no range: it runs from the lower to the higher address", value=text))
            return Intervals.span(first, last)
        network = ipaddress.ip_network(text, strict=False)
    except FieldError:
        raise
    except ValueError:
        raise FieldError(
            N_("`{value}` is no address; write 10.0.0.1, 10.0.0.0/24 or 10.0.0.1-10.0.0.9", value=text)
        ) from None
    if _has_host_bits(text, network):
        raise FieldError(
            N_(
                "`{value}` is an address and a prefix at once; write {address} or {network}",
                value=text,
                address=text.partition("/")[0],
                network=str(network),
            )
        )
    return parse_prefix(text)


def mac(value: object) -> int:
    """``00:00:5e:00:53:20`` and the other usual forms as 48 bits."""
    text = as_text(value)
    if not _MAC.fullmatch(text.lower()):
        raise FieldError(N_("`{value}` is no MAC address; write it as 00:00:5e:00:53:20", value=text))
    return int(re.sub(r"[^0-9a-f]", "", text.lower()), 16)


def day(value: object) -> date:
    """``2026-04-01``."""
    text = as_text(value)
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        raise FieldError(N_("`{value}` is no day of the calendar", value=text)) from None
    raise FieldError(N_("`{value}` is no date; write it as 2026-04-01 (year-month-day)", value=text))


def yes_or_no(value: object) -> bool:
    """``true`` or ``false``."""
    text = as_text(value).lower()
    if text not in ("true", "yes", "on", "false", "no", "off"):
        raise FieldError(N_("`{value}` is neither true nor false", value=text))
    return text in ("true", "yes", "on")


def service(value: object) -> ServiceSpec:
    """``tcp/25``, ``udp/500-510``, ``tcp/80,443``, ``icmp``, ``icmp/8``, ``icmp/3:4``, ``ip/50``, ``esp``, ``any``."""
    text = as_text(value).lower()
    name, _, rest = text.partition("/")
    if text == "any":
        return ServiceSpec(text, ALL_PROTOCOLS, ALL_PORTS)
    if name == "ip" and _NUMBER.fullmatch(rest) and int(rest) <= 255:
        return ServiceSpec(text, Intervals.of(int(rest)), ALL_PORTS)
    if _NUMBER.fullmatch(text):
        raise FieldError(
            N_(
                "`{value}` is no service: write tcp/{value} or udp/{value}; several ports in a list need quotes, "
                'as in ["tcp/80,443"]',
                value=text,
            )
        )
    if name not in PROTOCOLS:
        hint = near(name, PROTOCOLS)
        raise FieldError(N_("`{value}` is no service as tcp/25, icmp/8 or any: {hint}", value=text, hint=hint))
    protocols = Intervals.of(PROTOCOLS[name])
    if "/" not in text:
        return ServiceSpec(text, protocols, ALL_PORTS)
    if name in ("icmp", "icmpv6"):
        return ServiceSpec(text, protocols, ALL_PORTS, icmp(rest, text))
    if PROTOCOLS[name] not in PORT_PROTOCOLS:
        raise FieldError(N_("`{value}`: {protocol} has no ports; write {protocol} alone", value=text, protocol=name))
    return ServiceSpec(text, protocols, _ports(rest, text))


def protocol(value: object) -> int:
    """``tcp`` or ``6``."""
    text = as_text(value).lower()
    if text in PROTOCOLS:
        return PROTOCOLS[text]
    if _NUMBER.fullmatch(text) and int(text) <= 255:
        return int(text)
    raise FieldError(N_("`{value}` is no IP protocol; {hint}", value=text, hint=near(text, PROTOCOLS)))


def _ports(text: str, whole: str) -> Intervals:
    spans = []
    for part in text.split(","):
        low, dash, high = (p.strip() for p in part.partition("-"))
        if not _NUMBER.fullmatch(low) or (dash and not _NUMBER.fullmatch(high)):
            raise FieldError(
                N_("`{value}`: `{part}` is no port; write tcp/25, tcp/80,443 or udp/500-510", value=whole, part=part)
            )
        first, last = int(low), int(high if dash else low)
        if first > last or last > 65535:
            raise FieldError(N_("`{value}`: `{part}` is no range of ports within 0-65535", value=whole, part=part))
        spans.append((first, last))
    return Intervals.from_spans(spans)


def icmp(text: str, whole: str) -> Intervals:
    """``8`` or ``3:4`` as ``type * 256 + code``; ``whole`` is what the message shows."""
    kind, colon, code = text.partition(":")
    numbers = [kind, code] if colon else [kind]
    if not all(_NUMBER.fullmatch(n) and int(n) <= 255 for n in numbers):
        raise FieldError(N_("`{value}`: write the type as icmp/8, or type and code as icmp/3:4", value=whole))
    first = int(kind) * 256 + (int(code) if colon else 0)
    return Intervals.span(first, first if colon else first + 255)
