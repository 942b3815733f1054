"""Single values."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.loading import values
from zoneguard.loading.values import FieldError
from zoneguard.model.addresses import V6, format_addresses, parse_address
from zoneguard.model.intervals import Intervals


@pytest.mark.parametrize(
    ("text", "protocols", "ports"),
    [
        ("tcp/25", Intervals.of(6), Intervals.of(25)),
        ("UDP/500-510", Intervals.of(17), Intervals.span(500, 510)),
        ("tcp/80,443", Intervals.of(6), Intervals.of(80, 443)),
        ("tcp", Intervals.of(6), values.ALL_PORTS),
        ("any", values.ALL_PROTOCOLS, values.ALL_PORTS),
        ("esp", Intervals.of(50), values.ALL_PORTS),
        ("ip/50", Intervals.of(50), values.ALL_PORTS),
        ("icmp", Intervals.of(1), values.ALL_PORTS),
    ],
)
def test_services(text: str, protocols: Intervals, ports: Intervals) -> None:
    spec = values.service(text)
    assert (spec.protocols, spec.ports) == (protocols, ports)
    assert spec.icmp == Intervals.span(0, 65535)


def test_icmp_types() -> None:
    assert values.service("icmp/8").icmp == Intervals.span(0x800, 0x8FF)
    assert values.service("icmpv6/1:4").icmp == Intervals.of(0x104)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("443", 'write tcp/443 or udp/443; several ports in a list need quotes, as in ["tcp/80,443"]'),
        ("tpc/25", "did you mean `tcp`?"),
        ("tcp/80-70", "no range of ports"),
        ("tcp/65536", "no range of ports"),
        ("tcp/", "is no port"),
        ("tcp/http", "`http` is no port"),
        ("tcp/٣", "is no port"),
        ("gre/1", "gre has no ports"),
        ("icmp/256", "write the type as icmp/8"),
        ("ip/256", "is no service"),
        ("", "there is none"),
    ],
)
def test_wrong_services(text: str, said: str) -> None:
    with pytest.raises(FieldError) as caught:
        values.service(text)
    assert said in str(caught.value.text)


def test_prefix() -> None:
    assert values.prefix("10.10.0.0/16") == (parse_address("10.10.0.0"), 16)
    assert values.prefix("::/0") == (V6, 0)
    assert values.prefix("10.0.0.1") == (parse_address("10.0.0.1"), 32)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.10.0.1/16", "write 10.10.0.0/16"),
        ("2001:db8::1/32", "write 2001:db8::/32"),
        ("10.10.0.0/33", "is no prefix"),
        ("lgwan", "is no prefix"),
    ],
)
def test_wrong_prefix(text: str, said: str) -> None:
    with pytest.raises(FieldError) as caught:
        values.prefix(text)
    assert said in str(caught.value.text)


@pytest.mark.parametrize("text", ["10.40.0.10", "10.30.50.0/26", "10.0.0.1-10.0.0.9", "2001:db8::/64"])
def test_addresses(text: str) -> None:
    assert format_addresses(values.addresses(text)) == [text]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.9-10.0.0.1", "from the lower to the higher"),
        ("10.0.0.1-2001:db8::1", "from the lower to the higher"),
        ("10.0.0.5/24", "write 10.0.0.5 or 10.0.0.0/24"),
        ("host.example", "is no address"),
        ("10.0.0.1-", "is no address"),
    ],
)
def test_wrong_addresses(text: str, said: str) -> None:
    with pytest.raises(FieldError) as caught:
        values.addresses(text)
    assert said in str(caught.value.text)


@pytest.mark.parametrize("text", ["00:00:5e:00:53:20", "00-00-5E-00-53-20", "0000.5e00.5320", "00005e005320"])
def test_mac(text: str) -> None:
    assert values.mac(text) == 0x00005E005320


@pytest.mark.parametrize("text", ["00:00:5e:00:53", "00:00-5e:00:53:20", "00:00:5e:00:53:2g", "x"])
def test_wrong_mac(text: str) -> None:
    with pytest.raises(FieldError):
        values.mac(text)


def test_day() -> None:
    assert values.day("2026-04-01") == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [("2026/04/01", "write it as"), ("2026-02-30", "no day of the calendar"), ("86400", "write it as")],
)
def test_wrong_day(text: str, said: str) -> None:
    with pytest.raises(FieldError) as caught:
        values.day(text)
    assert said in str(caught.value.text)


def test_flags() -> None:
    assert [values.yes_or_no(t) for t in ("true", "No", "on")] == [True, False, True]
    with pytest.raises(FieldError):
        values.yes_or_no("maybe")


@pytest.mark.parametrize("value", [None, [], {}, " "])
def test_a_single_value_is_expected(value: object) -> None:
    with pytest.raises(FieldError):
        values.as_text(value)


def test_near() -> None:
    assert str(values.near("LGWN", ["internet", "lgwan"])) == "did you mean `lgwan`?"
    assert str(values.near("x", [])) == "none is declared"
    assert str(values.near("x", ["aaa", "bbb"])) == "known: aaa, bbb"
    assert str(values.near("x", [f"name{i}" for i in range(30)])).endswith("name19, …")


@given(st.text(max_size=24))
def test_any_text_is_a_value_or_a_field_error(text: str) -> None:
    parsers = (values.service, values.prefix, values.addresses, values.mac, values.day, values.protocol)
    for parse in parsers:
        try:
            parse(text)
        except FieldError as error:
            str(error.text)


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_port_ranges_hold_exactly_their_ports(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert values.service(f"tcp/{low}-{high}").ports == Intervals.span(low, high)
