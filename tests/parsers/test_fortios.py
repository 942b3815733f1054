"""The FortiGate parser as a whole: structure, lines and their fate, detection, speed, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.fortios_run import (
    INTERFACES,
    ROUTES,
    firewall,
    goes,
    header,
    policies,
    policy,
    read,
    rules,
    table,
)
from zoneguard.model.device import Concern, LineAccount
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.fortios import PLUGIN
from zoneguard.parsers.reading import decode, split_lines

WHOLE = header("7.2.8") + INTERFACES.strip() + ROUTES.rstrip() + "\n" + policies(policy(1))


def accounted(account: LineAccount) -> int:
    return account.understood + sum(account.ignored.values()) + len(account.not_understood)


def reasons(parsed: Parsed) -> list[tuple[int, str]]:
    return [(m.span.first, m.reason) for m in parsed.account.not_understood]


def test_a_whole_export_is_understood() -> None:
    parsed = read(WHOLE)
    account = parsed.account
    assert not account.not_understood
    assert account.understood + sum(account.ignored.values()) == account.total == len(WHOLE.split("\n"))
    (device,) = parsed.devices
    assert (device.name, device.vendor, device.uncertain) == ("fw", "fortinet", ())
    assert [v.name for v in device.vrfs] == ["root"]


def test_quotes_span_lines_and_hide_what_looks_like_configuration() -> None:
    text = """config system replacemsg admin "pre_admin-disclaimer-text"
    set buffer "Only for staff.
end
config firewall policy
\\"quoted\\" and
next"
end
config firewall policy
    edit 1
        set name 'it''s "one"'
        set comments "two \\\\ three"
        set srcintf "lan"
        set dstintf "wan"
        set srcaddr "all"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set service "ALL"
    next
end"""
    parsed = read(header("7.2.8") + text)
    assert not parsed.account.not_understood
    assert parsed.account.ignored["texts shown to users"] == 7
    (rule,) = rules(parsed.devices[0])
    assert rule.name == 'policy 1 (its "one")'
    assert rule.comment == "two \\ three"
    assert (rule.span.first, rule.span.last) == (10, 20)


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    parsed = read(WHOLE.replace("set schedule always", 'set comments "open\n        set schedule always'))
    ((line, reason),) = reasons(parsed)
    assert reason == "a quote is opened and never closed"
    assert WHOLE.split("\n")[line - 1].strip() == "set schedule always"
    assert goes(parsed.devices[0], "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "wan"


def test_append_unset_unselect_and_a_second_edit_change_an_entry() -> None:
    found = firewall(
        policies(
            policy(1, "append service HTTPS", "unselect service SSH", "set status disable", service="HTTP SSH"),
            "    edit 1\n        unset status\n    next",
        )
    )
    verdicts = {p: goes(found, "lan", f"10.1.0.5 > 198.51.100.1 tcp/{p}") for p in (80, 443, 22)}
    assert verdicts == {80: "wan", 443: "wan", 22: "deny"}


def test_move_delete_and_rename_take_effect() -> None:
    found = firewall(
        table("firewall address", '    edit "old"', "        set subnet 10.1.0.5/32", "    next"),
        policies(
            policy(1, action="deny", srcaddr="old"),
            policy(2),
            policy(3, action="deny"),
            "    move 2 before 1",
            "    move 3 before 2",
            "    delete 3",
        ),
        table("firewall address", "    rename old to new"),
    )
    assert [rule.name for rule in rules(found)] == ["policy 2", "policy 1"]
    assert not found.uncertain


@pytest.mark.parametrize("line", ["move 1 before 9", "rename 9 to 8", "delete 9", "clone 1 to 2", "move 1 beside 2"])
def test_a_change_that_cannot_be_followed_is_uncertain(line: str) -> None:
    found = firewall(policies(policy(1), f"    {line}"))
    assert [(u.text, u.concern) for u in found.uncertain] == [(line, Concern.FILTER)]


def test_pasted_sessions_have_prompts_and_commands() -> None:
    after = "\nFGT-60F # \nFGT-60F (policy) # end\nFGT-60F # exit"
    parsed = read(header("7.2.8") + "FGT-60F # show firewall policy\n" + policies(policy(1)) + after)
    assert not parsed.account.not_understood
    assert parsed.account.ignored["prompt or command of a pasted session"] == 4
    typed = "\n".join(f"fw (policy) # {line.strip()}" for line in policies(policy(1)).split("\n"))
    found = firewall(typed)
    assert goes(found, "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "wan"


def test_a_file_cut_short_says_where() -> None:
    parsed = read("\n".join(WHOLE.split("\n")[:-2]))
    ((line, reason),) = reasons(parsed)
    assert line == parsed.account.total
    assert reason.startswith("the file ends inside the block opened at line")
    assert parsed.devices[0].uncertain


def test_a_table_that_is_not_closed_does_not_swallow_the_next() -> None:
    lines = WHOLE.split("\n")
    end = lines.index("config router static") - 1
    parsed = read("\n".join(lines[:end] + lines[end + 1 :]))
    assert (end + 1, "the block before this line is not closed") in reasons(parsed)
    assert goes(parsed.devices[0], "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "wan"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("interface GigabitEthernet0/1", 1, "not a line of FortiOS configuration"),
        ("set hostname x", 1, "this setting stands outside of a table"),
        ("next", 1, "next without edit"),
        ("edit 1", 1, "edit outside a config block"),
        ("config firewall policy\n    set\nend", 2, '"set" names no setting'),
        ("config firewall policy\n    abort\nend", 2, '"abort" is not followed here'),
        ("config firewall something-new\n    set a b\nend", 1, 'the block "firewall something-new" is not read'),
        ("config system interface\nedit a\nset shiny enable\nnext\nend", 3, 'the setting "shiny" is not known'),
    ],
)
def test_what_makes_no_sense_is_named_with_its_line(text: str, line: int, reason: str) -> None:
    parsed = read(text)
    assert (line, reason) in reasons(parsed)
    assert any(u.span.first == line for u in parsed.devices[0].uncertain)


def test_blocks_that_are_not_read_stand_by_their_first_line() -> None:
    text = "config firewall something-new\n    set a b\n    set c d\nend\nconfig system new\nend"
    parsed = read(header("7.2.8") + text)
    assert [(m.span.first, m.concern) for m in parsed.account.not_understood] == [
        (2, Concern.FILTER),
        (3, Concern.OTHER),
        (4, Concern.OTHER),
        (5, Concern.OTHER),
    ]
    assert parsed.account.ignored["empty block"] == 2


def test_a_part_of_a_configuration_says_what_it_lacks() -> None:
    parsed = read(policies(policy(1)))
    lacking = [(u.concern, u.reason) for u in parsed.devices[0].uncertain]
    assert lacking == [
        (Concern.INTERFACE, "this file is a part of a configuration: it has no table of interfaces"),
        (Concern.ROUTING, "this file is a part of a configuration: it has no table of static routes"),
    ]
    assert not parsed.account.not_understood  # the interfaces of its policies are not held against it


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        (WHOLE, 1.0, 1.0),
        (policies(policy(1)), 0.9, 0.9),
        ("config log setting\n    set status enable\nend\nconfig user local\nend", 0.6, 0.6),
        ("interface vlan 1\n ip address 10.0.0.1 255.0.0.0\nend", 0.0, 0.0),
        ("config redundant\nend", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_sniff(text: str, least: float, most: float) -> None:
    assert least <= PLUGIN.sniff(Source("f", tuple(text.split("\n")))) <= most


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc-jp"])
def test_names_in_any_encoding_and_crlf(encoding: str) -> None:
    named = WHOLE.replace("set schedule", 'set name "庁内からインターネットへ"\n        set schedule')
    text, _ = decode(named.replace("\n", "\r\n").encode(encoding), "fw.conf")
    parsed = PLUGIN.parse(Source("fw.conf", split_lines(text)), "fw")
    assert not parsed.account.not_understood
    assert rules(parsed.devices[0])[0].name == "policy 1 (庁内からインターネットへ)"


@pytest.mark.parametrize(
    "text",
    [
        "config x\n" * 20_000,
        "config firewall policy\n" + "edit 1\n" * 20_000,
        "config firewall address\nedit a\n" + "append x y\n" * 20_000,
        "config firewall address\n" + "".join(f"edit a{n}\nnext\n" for n in range(5000)) + "move a1 after a2\n" * 5000,
        "config firewall addrgrp\n" + "".join(f"edit g{n}\nset member g{n + 1} g{n + 1}\nnext\n" for n in range(3000)),
        "config firewall service group\n" + "".join(f"edit g{n}\nset member g{n + 1}\nnext\n" for n in range(3000)),
        "set a " + '"' * 20_001,
        'set a "\n' * 5001,
        "set a '\n" * 5001,
        "set a \\\n" * 20_000,
        "edit" + " " * 50_000 + "x",
    ],
)
def test_hostile_files_end_soon(text: str) -> None:
    text += "config firewall policy\nedit 1\nset srcaddr g0\nset dstaddr g0\nset service g0\nnext\nend"
    parsed = read(text)
    account = parsed.account
    assert accounted(account) == account.total


WORD_LIST = """
config edit set unset next end append delete rename move clone purge vdom global root firewall policy
policy6 address addrgrp service custom group vip vipgrp system interface zone sdwan router static 1 2 a lan
all ALL none enable disable srcintf dstintf srcaddr dstaddr action accept deny subnet 10.0.0.1 255.255.255.0
10.0.0.0/8 10.0.0.1-10.0.0.9 type iprange start-ip end-ip member exclude exclude-member extip mappedip
portforward extport mappedport 80 80-90:1-2 tcp-portrange protocol ICMP icmptype gateway device dst nat
ippool poolname status schedule ip 0 -1 99999999999 " ' \\ # members services realservers ipv6 secondaryip
src-addr-type phase2-interface vpn ipsec local-in-policy acl
"""
WORDS = st.sampled_from(WORD_LIST.split())
LINES = st.lists(WORDS, max_size=6).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=40))
def test_any_text_is_accounted_for(lines: list[str]) -> None:
    source = Source("any", tuple(part for line in lines for part in (line.split("\n"))))
    assert 0 <= PLUGIN.sniff(source) <= 1
    parsed = PLUGIN.parse(source, "any")
    account = parsed.account
    assert accounted(account) == account.total
    assert account.total == len(source.lines)
    assert all(1 <= m.span.first <= account.total for m in account.not_understood)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_export_is_accounted_for(data: st.DataObject) -> None:
    lines = WHOLE.split("\n")
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "cut", "words"]))
        if how == "words":
            lines[place] = data.draw(LINES)
        elif how == "cut":
            lines[place] = lines[place][: data.draw(st.integers(0, 20))]
        elif how == "double":
            lines.insert(place, lines[place])
        elif len(lines) > 1:
            del lines[place]
    account = PLUGIN.parse(Source("damaged", tuple(lines)), "damaged").account
    assert accounted(account) == account.total == len(lines)
