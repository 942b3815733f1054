"""Pseudonyms: one for each address, prefixes kept, and no address left in any text."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.audit.pseudonyms import KEY_BYTES, Pseudonyms
from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, format_address, parse_address, prefix_span
from zoneguard.model.intervals import Intervals

OF = Pseudonyms(bytes(range(KEY_BYTES)))
addresses = st.integers(0, 2**32 - 1) | st.integers(V6, V6 + 2**128 - 1)
v4 = st.integers(0, 2**32 - 1)


def shared(a: int, b: int, width: int) -> int:
    return width - (a ^ b).bit_length()


@given(v4, v4)
def test_as_many_leading_bits_are_shared(a: int, b: int) -> None:
    assert shared(a, b, 32) == shared(OF.address(a), OF.address(b), 32)


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_also_in_ipv6(a: int, b: int) -> None:
    assert shared(a, b, 128) == shared(OF.address(V6 + a) - V6, OF.address(V6 + b) - V6, 128)


@pytest.mark.parametrize(
    "block",
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "224.0.0.0/4", "fc00::/8",
     "fd00::/8", "fe80::/10", "2000::/3", "::ffff:0:0/96", "0.0.0.0/0", "::/0"],
)  # fmt: skip
def test_a_block_with_a_meaning_keeps_it(block: str) -> None:
    network = ip_network(block)
    base = V6 if network.version == 6 else 0
    assert OF.prefix(base + int(network.network_address), network.prefixlen) == (
        base + int(network.network_address),
        network.prefixlen,
    )


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "0.0.0.255", "127.0.0.1", "255.255.255.0", "224.0.0.251", "::", "::1", "ff02::1"]
)
def test_what_is_no_hosts_address_stays(address: str) -> None:
    assert OF.text(f"to {address} now") == f"to {address} now"


@given(st.lists(st.tuples(addresses, st.integers(0, 2**20)), max_size=4), addresses)
def test_a_set_has_the_pseudonyms_of_its_members(spans: list[tuple[int, int]], other: int) -> None:
    given_set = Intervals.from_spans((low, low + more) for low, more in spans) & (ALL_V4 | ALL_V6)
    mapped = OF.addresses(given_set)
    assert sum(b - a for a, b in mapped.spans) + len(mapped.spans) == sum(b - a for a, b in given_set.spans) + len(
        given_set.spans
    )
    for low, high in given_set.spans:
        assert OF.address(low) in mapped
        assert OF.address(high) in mapped
    assert (other in given_set) == (OF.address(other) in mapped)


def test_another_key_gives_others() -> None:
    assert OF.text("10.1.2.3") != Pseudonyms(bytes(KEY_BYTES)).text("10.1.2.3")


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_mac_addresses_keep_the_maker_and_differ_as_they_did(a: int, b: int) -> None:
    assert OF.mac(a) >> 24 == a >> 24
    assert (OF.mac(a) == OF.mac(b)) == (a == b)
    if a >> 40 & 1:
        assert OF.mac(a) == a


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("10.40.0.0/24", 24),
        ("from 10.40.0.10/24 on", 24),
        ("10.40.0.10:443 > 10.30.1.2.80", None),
        ("IP/10.40.0.10", None),
        ("host=10.40.0.10.", None),
        ("(10.40.0.10)", None),
        ("010.040.000.010", None),
        ("2001:db8:40::10: said", None),
        ("[2001:db8:40::10]:443", None),
        ("fe80::1:2%eth0", None),
        ("src:2001:db8:40::10", None),
        ("10.40.0.0-10.40.0.99", None),
        ("10.40.0.9 - 10.40.0.2", None),
        ("::ffff:10.40.0.10", None),
        ("2001:db8::1-2001:db8::9", None),
        ("2001:db8:40::/48", 48),
        ("10.40.0.10/33", None),
        ("dst:10.40.0.10:443", None),
        ("fw-core:10.40.0.10:", None),
        ("12:10.40.0.10:443", None),
        ("if:10.40.0.10::", None),
        ("srv:10.40.0.10:443-10.40.0.9", None),
        ("１０．４０．０．１０ へ", None),
        ("10。40。0。10", None),
        ("net-10-40-0-0-16", None),
        ("host_10_40_0_10", None),
        ("IPv6:2001:db8:1:2:3:4:5:6", None),
    ],
)
def test_no_address_is_left_in_a_text(text: str, prefix: int | None) -> None:
    shown = OF.text(text)
    for left in ("40.0", "30.1.2", "2001:db8", "::1:2", "40-0", "40_0", "４０．０", "40。0", ":5:6"):
        assert left not in shown
    assert prefix is None or f"/{prefix}" in shown
    assert OF.text(text) == shown


@given(
    addresses,
    st.sampled_from(["{}", "x {} y", "({})", "{}/32", "a={},", "{}:80", "{}.", "{}:", "{} -> {}", "/{}/", "'{}'"]),
)
def test_an_address_in_a_sentence_is_found(address: int, sentence: str) -> None:
    written, pseudonym = format_address(address), format_address(OF.address(address))
    if ":" in written and sentence == "{}:80":
        sentence = "[{}]:80"
    if sentence == "{}/32" and ":" in written:
        sentence = "{}/128"
    assert OF.text(sentence.replace("{}", written)) == sentence.replace("{}", pseudonym)


@given(st.text(alphabet="0123456789abcdefABCDEF:./- x%"))
def test_any_text_is_taken(text: str) -> None:
    OF.text(text)


@given(st.integers(0, 2**48 - 1), st.sampled_from([":", "-", ""]))
def test_a_mac_address_is_found_as_it_is_written(mac: int, separator: str) -> None:
    digits, mapped = f"{mac:012x}", f"{OF.mac(mac):012x}"
    step = 2 if separator else 4

    def write(text: str) -> str:
        return (separator or ".").join(text[i : i + step] for i in range(0, 12, step))

    assert OF.text(f"mac:{write(digits)}, on") == f"mac:{write(mapped)}, on"


@pytest.mark.parametrize("text", ["2026-11-21T00:25:17.123456Z", "12:34:56", "mikasa:24(1)", "1.2.3", "tcp/443",
                                  "fw.conf:12-14", "ZG101::internet", "a::x", "a-b",
                                  "6f2a9c1e-1111-2222-3333-444455556666"])  # fmt: skip
def test_what_is_no_address_stays(text: str) -> None:
    assert OF.text(text) == text


def test_ranges_and_prefixes_cover_the_pseudonyms_of_what_they_covered() -> None:
    shown = OF.text("10.40.0.3-10.40.0.77")
    covered = Intervals()
    for part in shown.split(", "):
        low, _, high = part.partition("-")
        if "/" in part:
            network = ip_network(part)
            covered = covered | prefix_span(int(network.network_address), network.prefixlen)
        else:
            covered = covered | Intervals.span(parse_address(low), parse_address(high or low))
    base = int(ip_address("10.40.0.0"))
    assert {i for i in range(256) if OF.address(base + i) in covered} == set(range(3, 78))
    assert isinstance(ip_address(OF.text("10.1.1.1")), IPv4Address)
    assert isinstance(ip_address(OF.text("2001:db8::1")), IPv6Address)


@pytest.mark.parametrize("name", ["host:", "IPv6:", "src:", "宛先:"])
def test_an_address_behind_a_word_has_its_own_pseudonym(name: str) -> None:
    for address in ("fd00:20::5", "10.40.0.10"):
        assert OF.text(f"{name}{address}") == name + OF.text(address)
