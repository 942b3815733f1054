"""Addresses are read as the standard library reads them."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.model.addresses import V6, format_address, parse_address, parse_prefix, prefix_of

WORDS = st.one_of(
    st.text("0123456789abcdefF:.%/x \x00\uff11", max_size=24),
    st.lists(st.integers(0, 300).map(str) | st.sampled_from(["", "00", "01", "0x1"]), max_size=6).map(".".join),
    st.lists(st.integers(0, 0x1FFFF).map("{:x}".format) | st.sampled_from(["", "0000", "00001", "1.2.3.4"])).map(
        ":".join
    ),
    st.ip_addresses().map(str),
)
LENGTHS = (
    st.integers(0, 140).map(str)
    | st.text("0123456789.:\uff12", max_size=5)
    | st.sampled_from(["255.0.0.0", "0.0.0.255"])
)


@given(WORDS)
def test_addresses_are_those_of_the_standard_library(text: str) -> None:
    try:
        expected = ipaddress.ip_address(text)
    except ValueError:
        with pytest.raises(ValueError):
            parse_address(text)
    else:
        assert parse_address(text) == int(expected) + (V6 if expected.version == 6 else 0)


@given(WORDS, LENGTHS)
def test_prefixes_are_those_of_the_standard_library(base: str, length: str) -> None:
    text = f"{base}/{length}"
    try:
        expected = ipaddress.ip_network(text, strict=False)
    except ValueError:
        with pytest.raises(ValueError):
            prefix_of(text)
        return
    shift = V6 if expected.version == 6 else 0
    assert prefix_of(text) == (int(expected.network_address) + shift, expected.prefixlen)
    low, high = int(expected.network_address) + shift, int(expected.broadcast_address) + shift
    assert parse_prefix(text).spans == ((low, high),)


@given(st.integers(0, 2**32 - 1) | st.integers(V6, 2 * V6 - 1))
def test_an_address_is_read_back(address: int) -> None:
    assert parse_address(format_address(address)) == address
