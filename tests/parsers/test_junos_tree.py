"""Braces, ``set`` commands, sessions, configuration groups and interface ranges: one tree, and no line lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.junos_run import BASE, LAN, WAN, device, goes, open_lines, policy, read, srx
from zoneguard.model.device import Concern, Device
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._junos.groups import Groups
from zoneguard.parsers._junos.reader import DEACTIVATED, TreeReader
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers.accounting import SESSION
from zoneguard.parsers.junos import PLUGIN, parse
from zoneguard.parsers.reading import decode, split_lines

OUT = "10.1.0.5 > 198.51.100.1 tcp/443"


def reader(text: str) -> TreeReader:
    found = TreeReader(Source("f", tuple(text.split("\n"))))
    found.read()
    return found


def paths(node: Node) -> set[str]:
    """Every statement below ``node`` as words."""
    found: set[str] = set()
    stack = [(node, "")]
    while stack:
        here, path = stack.pop()
        if here.lines or not here.children:
            found.add(path.strip())
        stack += [(child, f"{path} {word}") for word, child in here.children.items()]
    return found - {""}


def inherited(text: str) -> set[str]:
    root = reader(text).root
    Groups(root).apply()
    return paths(root)


def test_braces_lists_comments_and_quotes() -> None:
    text = """## Last changed: 2026-04-01 09:00:00 JST
version 21.4R3.15;
/* between
   lines */
security {
    policies {
        from-zone trust to-zone untrust {
            policy web { /* here */
                match {
                    source-address any;
                    application [ junos-http junos-https ];
                }
                inactive: description "a; b { c";
                then permit;
            }
        }
    }
}
system { login { message "one
two { three
four"; } }"""
    found = reader(text)
    assert not found.problems
    assert paths(found.root) == {
        "version 21.4R3.15",
        "security policies from-zone trust to-zone untrust policy web match source-address any",
        "security policies from-zone trust to-zone untrust policy web match application junos-http",
        "security policies from-zone trust to-zone untrust policy web match application junos-https",
        "security policies from-zone trust to-zone untrust policy web then permit",
        "system login message one\ntwo { three\nfour",
    }
    assert found.asides[13] == DEACTIVATED
    unclosed = [reason for _, reason, _ in reader(text + "\n}").problems]
    assert unclosed == ["a closing brace too many"]


def test_a_quote_over_lines_holds_what_looks_like_statements() -> None:
    text = 'system {\n    login {\n        message "one\n set a b\n    }";\n    }\n}\nset version 1'
    found = reader(text)
    assert not found.problems
    assert paths(found.root) == {"system login message one\n set a b\n    }", "version 1"}
    assert set(found.asides) == {4, 5}


def test_an_unclosed_quote_costs_its_line_only() -> None:
    found = reader('security {\n    zones {\n        description "oops;\n        security-zone trust;\n    }\n}')
    assert [line for line, _, _ in found.problems] == [3]
    assert paths(found.root) == {"security zones security-zone trust"}


def test_an_inactive_one_liner_takes_nothing_else_with_it() -> None:
    text = """routing-options {
    static {
        inactive: route 0.0.0.0/0 next-hop 10.0.0.1;
        route 10.0.0.0/8 discard;
        inactive: route 10.9.0.0/16 {
            next-hop 10.0.0.2;
        }
    }
}"""
    assert paths(reader(text).root) == {"routing-options static route 10.0.0.0/8 discard"}


def test_deactivating_what_an_interface_says_leaves_it_in_its_zone() -> None:
    zone = "set security zones security-zone untrust2 interfaces ge-0/0/3.0 host-inbound-traffic system-services ping"
    off = "deactivate security zones security-zone untrust2 interfaces ge-0/0/3.0 host-inbound-traffic"
    found = srx(zone, off, policy("trust>untrust2"))
    assert goes(found, LAN, "10.1.0.5 > 10.3.0.5 tcp/80") == "ge-0/0/3.0"


def test_commands_of_a_session_do_what_they_do_on_a_device() -> None:
    text = """set security zones security-zone a interfaces ge-0/0/1.0
set security zones security-zone b interfaces ge-0/0/2.0
edit security zones
set security-zone c interfaces ge-0/0/3.0
delete security-zone b
top
rename security zones security-zone a to security-zone z
copy security zones security-zone c to security-zone d
set groups g1 system host-name x
delete groups g9"""
    found = reader(text)
    zones = "security zones security-zone"
    assert paths(found.root) == {
        f"{zones} z interfaces ge-0/0/1.0", f"{zones} c interfaces ge-0/0/3.0", f"{zones} d interfaces ge-0/0/3.0",
        "groups g1 system host-name x",
    }  # fmt: skip
    assert not found.problems
    assert 10 in found.asides  # nothing of it is in the file


def test_prompts_banners_and_levels_of_a_session() -> None:
    text = """{primary:node0}
admin@srx-a> show configuration security zones
security-zone trust {
    interfaces {
        ge-0/0/1.0;
    }
}

{primary:node0}
admin@srx-a> configure
Entering configuration mode

{primary:node0}[edit]
admin@srx-a# show security policies | no-more
from-zone trust to-zone untrust {
    policy p {
        then { permit; }
    }
}
admin@srx-a> show configuration routing-options | display set
set routing-options static route 0.0.0.0/0 discard"""
    found = reader(text)
    assert paths(found.root) == {
        "security zones security-zone trust interfaces ge-0/0/1.0",
        "security policies from-zone trust to-zone untrust policy p then permit",
        "routing-options static route 0.0.0.0/0 discard",
    }
    assert not found.problems
    assert found.asides[1] == found.asides[2] == found.asides[11] == SESSION


def test_a_line_that_is_no_statement_is_reported() -> None:
    assert [line for line, _, _ in reader("set version 1\nhello\nset system host-name x").problems] == [2]


def test_truncated_braces_are_reported_and_the_rest_is_read() -> None:
    parsed = read("security {\n    zones {\n        security-zone trust {\n            interfaces {\n ge-0/0/1.0;")
    reasons = [m.reason for m in parsed.account.not_understood]
    assert 'the brace of "security" is not closed' in reasons
    assert len(reasons) >= 4


GROUPS = """set groups G interfaces <ge-*> unit <*> family inet filter input F
set groups G interfaces <ge-*> mtu 9000
set groups H security policies from-zone <*> to-zone <*> policy last match source-address any
set groups H security policies from-zone <*> to-zone <*> policy last match destination-address any
set groups H security policies from-zone <*> to-zone <*> policy last match application any
set groups H security policies from-zone <*> to-zone <*> policy last then permit
"""


def test_groups_with_patterns_reach_what_is_there_and_make_nothing() -> None:
    here = "set interfaces ge-0/0/0 unit 0 description x\nset interfaces xe-1/0/0 unit 0 description y"
    found = inherited(f"{GROUPS}{here}\nset apply-groups G")
    assert {path for path in found if path.startswith("interfaces")} == {
        "interfaces ge-0/0/0 unit 0 description x", "interfaces ge-0/0/0 unit 0 family inet filter input F",
        "interfaces ge-0/0/0 mtu 9000", "interfaces xe-1/0/0 unit 0 description y",
    }  # fmt: skip


def test_apply_groups_except_keeps_a_group_out_from_its_level_on() -> None:
    text = GROUPS + "set apply-groups G\nset interfaces ge-0/0/0 unit 0\nset interfaces ge-0/0/1 unit 0\n"
    found = inherited(text + "set interfaces ge-0/0/1 apply-groups-except G")
    assert "interfaces ge-0/0/0 mtu 9000" in found
    assert not any(path.startswith("interfaces ge-0/0/1 mtu") for path in found)


def test_groups_apply_from_the_level_where_they_are_named() -> None:
    text = "set groups G system host-name g\nset groups G system services ssh\nset system services apply-groups G"
    assert "system services ssh" in inherited(text)
    assert "system host-name g" not in inherited(text)


def test_what_is_written_in_the_place_goes_before_what_is_inherited() -> None:
    lines = (
        "set groups G security policies default-policy permit-all",
        "set apply-groups G",
        "set security policies default-policy deny-all",
    )
    assert goes(srx(*lines), LAN, OUT) == "deny"
    assert goes(srx(*lines[:2]), LAN, OUT) == WAN


def test_the_group_named_first_goes_before_the_next_and_groups_nest() -> None:
    lines = (
        "set groups A security policies default-policy deny-all",
        "set groups B security policies default-policy permit-all",
        "set groups C apply-groups B",
    )
    assert goes(srx(*lines, "set apply-groups [ A B ]"), LAN, OUT) == "deny"
    assert goes(srx(*lines, "set apply-groups [ B A ]"), LAN, OUT) == WAN
    assert goes(srx(*lines, "set apply-groups C"), LAN, OUT) == WAN


def test_policies_of_a_group_stand_behind_those_of_the_zones() -> None:
    deny = policy("trust>untrust", "no", "deny", service="junos-telnet")
    found = srx(GROUPS, deny, "set apply-groups H")
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/23") == "deny"
    assert goes(found, LAN, OUT) == WAN
    assert goes(found, WAN, "198.51.100.1 > 10.1.0.5 tcp/443") == "deny"  # a pair that is not there gets none
    # its rule points at the group's lines
    assert SourceSpan("srx.conf", 12, 15) in {
        rule.span for stage in found.vrfs[0].stages if hasattr(stage, "rules") for rule in stage.rules.rules
    }


def test_a_group_in_itself_and_one_that_is_not_defined() -> None:
    circle = (
        "set groups A apply-groups B\nset groups B apply-groups A\nset groups B snmp location x\nset apply-groups A"
    )
    assert "snmp location x" in inherited(circle)
    assert [m.reason for m in open_lines("set apply-groups nowhere")] == [
        'the configuration group "nowhere" is not defined in this file'
    ]


def test_groups_of_the_members_of_a_cluster() -> None:
    names = (
        "set groups node0 system host-name a",
        "set groups node0 interfaces fxp0 unit 0 family inet address 192.0.2.1/24",
        "set groups node1 system host-name b", 'set apply-groups "${node}"',
    )  # fmt: skip
    assert open_lines(*names) == ()
    odd = "set groups node0 security policies default-policy permit-all"
    assert [m.reason for m in open_lines(*names, odd)] == ['applies to one member of the cluster only (group "node0")']


def test_interface_ranges_share_their_settings() -> None:
    text = """set interfaces interface-range office member "ge-1/0/[0-1]"
set interfaces interface-range office member-range ge-2/0/0 to ge-2/0/1
set interfaces interface-range office disable
set interfaces ge-1/0/1 unit 0 family inet address 10.9.0.1/24
set interfaces ge-2/0/1 unit 0 family inet address 10.8.0.1/24
set interfaces ge-3/0/0 unit 0 family inet address 10.7.0.1/24"""
    enabled = {i.name: i.enabled for i in srx(text).interfaces}
    assert (enabled["ge-1/0/1.0"], enabled["ge-2/0/1.0"], enabled["ge-3/0/0.0"]) == (False, False, True)


def test_logical_systems_are_contexts_of_their_own() -> None:
    found = srx(
        "set logical-systems LS1 interfaces ge-0/0/5 unit 0 family inet address 10.50.0.1/24",
        "set logical-systems LS1 interfaces ge-0/0/6 unit 0 family inet address 10.60.0.1/24",
        "set logical-systems LS1 security zones security-zone a interfaces ge-0/0/5.0",
        "set logical-systems LS1 security zones security-zone b interfaces ge-0/0/6.0",
        "set logical-systems LS1 security policies default-policy permit-all",
    )
    assert [vrf.name for vrf in found.vrfs] == ["default", "LS1"]
    assert goes(found, "ge-0/0/5.0", "10.50.0.5 > 10.60.0.5 tcp/80", "LS1") == "ge-0/0/6.0"
    assert goes(found, LAN, OUT) == "deny"


def test_logical_tunnels_join_logical_systems() -> None:
    text = """set logical-systems A interfaces lt-0/0/0 unit 1 peer-unit 2
set logical-systems A interfaces lt-0/0/0 unit 1 family inet address 10.0.0.1/30
set logical-systems B interfaces lt-0/0/0 unit 2 peer-unit 1
set logical-systems B interfaces lt-0/0/0 unit 2 family inet address 10.0.0.2/30"""
    assert set(device(text).wires) == {("lt-0/0/0.1", "lt-0/0/0.2"), ("lt-0/0/0.2", "lt-0/0/0.1")}


Tree = dict[str, "Tree"]
WORDS = st.sampled_from([
    "security", "zones", "policies", "policy", "match", "then", "permit", "trust", "10.0.0.0/8", "any", "ge-0/0/0",
    "interfaces", "unit", "0", "a b", "x;y", "{", "2001:db8::/32", "[1-3]", "description",
])  # fmt: skip
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.just({}), lambda inner: st.dictionaries(WORDS, inner, min_size=1, max_size=4), max_leaves=12
)  # fmt: skip


def quoted(word: str) -> str:
    return f'"{word}"' if set(word) & set(' ;{}[]"') else word


def as_set(tree: Tree, path: tuple[str, ...] = ()) -> list[str]:
    """The tree as ``set`` commands."""
    if not tree:
        return ["set " + " ".join(map(quoted, path))] if path else []
    return [line for word, inner in tree.items() for line in as_set(inner, (*path, word))]


def as_braces(tree: Tree, depth: int = 0) -> list[str]:
    """The tree in braces."""
    out = []
    for word, inner in tree.items():
        if inner:
            out += ["    " * depth + quoted(word) + " {", *as_braces(inner, depth + 1), "    " * depth + "}"]
        else:
            out.append("    " * depth + quoted(word) + ";")
    return out


@settings(max_examples=80)
@given(tree=TREES)
def test_braces_and_set_commands_are_the_same_tree(tree: Tree) -> None:
    one, other = reader("\n".join(as_set(tree))), reader("\n".join(as_braces(tree)))
    assert not one.problems
    assert not other.problems
    assert paths(one.root) == paths(other.root)


def in_braces(text: str) -> str:
    """A configuration of ``set`` commands, written in braces."""
    tree: Tree = {}
    for line in text.strip().split("\n"):
        here = tree
        for word in line.split()[1:]:
            here = here.setdefault(word, {})
    return "\n".join(as_braces(tree))


def shape(found: Device) -> str:
    """Everything of a device but where it is written."""
    whole = [
        [(i.name, i.addresses, i.enabled) for i in found.interfaces],
        [(v.name, sorted(v.interfaces), sorted(map(str, v.routes)), v.policy_routes) for v in found.vrfs],
        [
            (rule.name, rule.match, getattr(rule, "action", None), getattr(rule, "rewrites", None))
            for v in found.vrfs
            for stage in (*v.stages, *v.local)
            if hasattr(stage, "rules")
            for rule in stage.rules.rules
        ],
    ]
    return re.sub(r"SourceSpan\([^)]*\)", "", str(whole))


LINES = st.lists(
    st.sampled_from([
        *policy("trust>untrust", "a", service="junos-http").split("\n"), *policy("dmz>dmz", "b", "deny").split("\n"),
        "set security nat source rule-set r from zone trust", "set security nat source rule-set r to zone untrust",
        "set security nat source rule-set r rule 1 match source-address 10.1.0.0/24",
        "set security nat source rule-set r rule 1 then source-nat interface",
        "set routing-options static route 10.9.0.0/16 next-hop 10.2.0.9",
        "set routing-options static route 10.8.0.0/16 discard",
        "set routing-instances VR instance-type virtual-router", "set routing-instances VR interface ge-0/0/3.0",
        "set firewall family inet filter F term t from protocol tcp",
        "set firewall family inet filter F term t from destination-port ssh",
        "set firewall family inet filter F term t then discard",
        "set interfaces ge-0/0/1 unit 0 family inet filter input F",
        "set security policies default-policy permit-all",
    ]),
    unique=True,
)  # fmt: skip


@settings(max_examples=60)
@given(lines=LINES)
def test_braces_and_set_commands_describe_the_same_device(lines: list[str]) -> None:
    text = BASE.strip() + "\n" + "\n".join(sorted(lines))
    assert shape(device(text)) == shape(device(in_braces(text)))


ANY_LINES = st.lists(
    st.one_of(
        st.sampled_from([*BASE.strip().split("\n"), *policy("trust>untrust").split("\n"), *GROUPS.strip().split("\n")]),
        st.sampled_from([
            "set apply-groups [ G H ]", "}", "{", "security {", "policies {", "policy p {", '"', "/*", "*/", "[edit]",
            "inactive: a {", "set", "delete security", "deactivate interfaces", "insert a before b", "rename a to",
            "copy security to security2", "edit security", "top", "user@host> show configuration x", "set a [ b c",
            "set logical-systems L interfaces x unit 0 family inet address 1.1.1.1/24", "routing-instances { V {",
        ]),
        st.text(max_size=60).filter(lambda t: "\n" not in t and "\r" not in t),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(lines=ANY_LINES)
def test_any_lines_parse_and_are_accounted_for(lines: list[str]) -> None:
    source = Source("any", tuple(lines))
    assert 0 <= PLUGIN.sniff(source) <= 1
    account = parse(source, "d").account
    assert (
        account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total == len(lines)
    )


def test_deep_and_long_lines_are_bounded() -> None:
    deep = ["a {"] * 3000 + ["set " + "x " * 5000, "b;"]
    account = parse(Source("deep", tuple(deep)), "d").account
    assert account.total == len(deep)
    assert any("nested too deeply" in m.reason for m in account.not_understood)


def test_groups_that_multiply_are_bounded() -> None:
    lines = [f"set groups g{n} apply-groups [ g{n + 1} g{n + 2} ]" for n in range(60)]
    lines += ["set groups g61 interfaces <*> mtu 1", "set interfaces ge-0/0/0 unit 0", "set apply-groups g0"]
    assert parse(Source("groups", tuple(lines)), "d").account.total == len(lines)


JAPANESE = """version 21.4R3.15;
system {
    host-name 役場;
}
security {
    zones {
        security-zone 住民系 {
            description "マイナンバー利用事務系";
            interfaces {
                ge-0/0/1.0;
            }
        }
---(more)---
    }
}
interfaces {
    ge-0/0/1 {
        unit 0 {
            family inet {
                address 10.0.0.1/24;
            }
        }
    }
}
"""


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "utf-8", "utf-8-sig"])
def test_encodings_line_ends_and_remnants_of_a_pager(encoding: str) -> None:
    text, used = decode(JAPANESE.replace("\n", "\r\n").encode(encoding), "f")
    parsed = parse(Source("f", split_lines(text), used), "d")
    assert not parsed.account.not_understood
    assert parsed.devices[0].interfaces[0].zone == "住民系"


def test_detection_is_by_content() -> None:
    assert PLUGIN.sniff(Source("f", ("set version 21.4R3.15", "set system host-name a"))) == 0.95
    assert (
        PLUGIN.sniff(Source("f", ("interfaces {", "    ge-0/0/0 {", "        unit 0 {", " mtu 9;", "}", "}"))) == 0.95
    )
    assert (
        PLUGIN.sniff(Source("f", ("config firewall policy", "    edit 1", "        set action accept", "end"))) == 0.0
    )
    assert PLUGIN.sniff(Source("f", ("set deviceconfig system hostname pa", "set system x"))) == 0.0
    assert PLUGIN.sniff(Source("f", ("*filter", "-A INPUT -j DROP"))) == 0.0


@pytest.mark.parametrize("pattern", ["<ge-0/0/[1-2]>", "<[fg]e-*>", "<ge-0/0/[!0]>", "<ge-0/0/1>"])
def test_a_pattern_with_brackets_is_one_word(pattern: str) -> None:
    text = f"""
set groups F interfaces {pattern} unit <*> family inet filter input BLOCK
set apply-groups F
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24
"""
    assert "interfaces ge-0/0/1 unit 0 family inet filter input BLOCK" in inherited(text)


FLAT = """set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.2.0.1/24
set security address-book global address web 10.2.0.10/32
set security address-book global address some range-address 10.2.0.1 to 10.2.0.9
set applications application alt protocol tcp
set applications application alt destination-port 8080
set security policies from-zone a to-zone b policy p match source-address any destination-address web application alt
set security policies from-zone a to-zone b policy p then permit
set security policies from-zone a to-zone b policy q match source-address any destination-address some application any
set security policies from-zone a to-zone b policy q then deny
set security nat source rule-set s from zone a
set security nat source rule-set s to zone b
set security nat source rule-set s rule r match source-address 10.1.0.0/24
set security nat source rule-set s rule r then source-nat interface
set security zones security-zone a interfaces ge-0/0/0.0 host-inbound-traffic system-services ping
set security zones security-zone b interfaces ge-0/0/1.0""".splitlines()


@pytest.mark.parametrize("line", [3, 4, 5, 6, 8, 10, 14, 15])
def test_a_word_behind_a_value_is_said(line: int) -> None:
    def said(lines: list[str]) -> set[int]:
        account = PLUGIN.parse(Source("f", tuple(lines)), "fw").account
        return {m.span.first for m in account.not_understood if m.concern is not Concern.OTHER}

    assert not said(FLAT)
    assert said([*FLAT[: line - 1], f"{FLAT[line - 1]} more", *FLAT[line:]]) == {line}
