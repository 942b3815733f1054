"""How exports say that their device is managed: each vendor's words → one vocabulary."""

from __future__ import annotations

import pytest

from zoneguard.model.settings import DeviceSettings, Topic
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.cisco_ios import PLUGIN as CISCO_IOS
from zoneguard.parsers.fortios import PLUGIN as FORTIOS
from zoneguard.parsers.yamaha import PLUGIN as YAMAHA

ALL = {Topic.LOGS, Topic.TIME, Topic.SNMP, Topic.ACCOUNTS, Topic.IDLE}


def parsed(format_name: str, text: str) -> Parsed:
    plugin = {"fortios": FORTIOS, "cisco-ios": CISCO_IOS, "yamaha": YAMAHA}[format_name]
    return plugin.parse(Source("x.conf", tuple(text.splitlines())), "x")


def settings(format_name: str, text: str) -> DeviceSettings:
    found = parsed(format_name, text).devices[0].settings
    assert found is not None
    return found


FORTIGATE = """\
#config-version=FGT60F-6.4.9-FW-build1966-220405:opmode=0:vdom=0:user=admin
config system global
    set admintimeout 480
    set admin-https-redirect disable
end
config system interface
    edit "port1"
        set vdom "root"
        set ip 10.0.0.1 255.255.255.0
        set allowaccess ping https ssh http telnet snmp
    next
end
config system admin
    edit "admin"
        set accprofile "super_admin"
    next
    edit "ops"
        set trusthost1 10.0.0.5 255.255.255.255
        set password ENC XXXX
    next
    edit "radius"
        set remote-auth enable
        set trusthost1 10.0.0.6 255.255.255.255
    next
end
config system ntp
    set ntpsync enable
    set type custom
    config ntpserver
        edit 1
            set server "10.0.0.9"
        next
    end
end
config system snmp sysinfo
    set status enable
end
config system snmp community
    edit 1
        set name "public"
        set query-v1-status disable
    next
end
config system snmp user
    edit "mon"
        set security-level auth-no-priv
    next
end
config log syslogd setting
    set status enable
    set server "10.0.0.8"
end
config log syslogd2 setting
    set server "10.0.0.7"
end
"""


def test_fortios_says_all_of_it() -> None:
    found = settings("fortios", FORTIGATE)
    assert found.told == ALL | {Topic.ACCESS}
    assert found.software and (found.software.product, found.software.version) == ("FortiOS", "6.4.9")
    assert [(s.name, s.span.first) for s in found.logs] == [("10.0.0.8", 51)]
    assert [s.name for s in found.times] == ["10.0.0.9"]
    assert [(a.service, a.port, a.interface) for a in found.accesses] == [
        ("https", 443, "port1"), ("ssh", 22, "port1"), ("http", 80, "port1"), ("telnet", 23, "port1")
    ]  # fmt: skip
    assert {a.sources for a in found.accesses} == {None}  # admin may come from everywhere
    assert [(s.version, s.initial, s.encrypted) for s in found.snmp] == [("2c", True, False), ("3", False, False)]
    assert [(a.name, a.initial, a.open) for a in found.accounts] == [
        ("admin", True, True), ("ops", False, False), ("radius", False, False)
    ]  # fmt: skip
    assert [limit.seconds for limit in found.idle] == [28800]


def test_fortios_hosts_that_are_trusted() -> None:
    text = FORTIGATE.replace('edit "admin"\n', 'edit "root"\n        set trusthost1 10.0.1.0 255.255.255.0\n')
    (sources,) = {a.sources for a in settings("fortios", text).accesses}
    assert sources is not None and sources.size == 258
    assert 0x0A000005 in sources and 0x0A000007 not in sources


def test_fortios_redirects_http_at_delivery() -> None:
    text = FORTIGATE.replace("    set admin-https-redirect disable\n", "")
    assert "http" not in {a.service for a in settings("fortios", text).accesses}


def test_fortios_excerpts_speak_of_their_tables_only() -> None:
    table = 'config firewall address\n    edit "a"\n    next\nend\n'
    text = f"{table}config log syslogd setting\n    set status disable\nend\n"
    found = settings("fortios", text)
    assert found.told == {Topic.LOGS}
    assert (found.logs, found.software) == ((), None)


ROUTER = """\
version 15.2
hostname r1
enable password 7 05080F1C2243
username cisco privilege 15 secret 5 $1$abcd$efgh
username ops secret 9 $9$abcd
username old password 0 letmein
username guest nopassword
logging buffered 4096
logging host 10.0.0.8
logging 10.0.0.7
logging trap informational
ntp server vrf mgmt 10.0.0.9 prefer
snmp-server community private RW
snmp-server community s3cr3t RO 10
snmp-server group ops v3 priv
snmp-server location here
interface GigabitEthernet0/0
 ip address 10.0.0.1 255.255.255.0
ip http server
line con 0
 exec-timeout 0 0
line vty 0 4
 exec-timeout 10 0
 password 7 05080F1C2243
 login local
 transport input ssh telnet
end
"""


def test_ios_says_all_of_it() -> None:
    found = settings("cisco-ios", ROUTER)
    assert found.told == ALL | {Topic.ACCESS}
    assert found.software and found.software.version == "15.2"
    assert [s.name for s in found.logs] == ["10.0.0.8", "10.0.0.7"]
    assert [s.name for s in found.times] == ["10.0.0.9"]
    assert sorted(a.service for a in found.accesses) == ["http", "ssh", "telnet"]
    assert [(s.version, s.initial, s.writes, s.encrypted) for s in found.snmp] == [
        ("2c", True, True, False), ("2c", False, False, False), ("3", False, False, True)
    ]  # fmt: skip
    told = {a.name: (a.initial, a.readable, a.open) for a in found.accounts}
    assert told == {
        "enable": (False, True, False), "cisco": (True, False, False), "ops": (False, False, False),
        "old": (False, True, False), "guest": (False, False, True), "vty 0 4": (False, True, False),
    }  # fmt: skip
    assert [(limit.way, limit.seconds) for limit in found.idle] == [("con 0", None), ("vty 0 4", 600)]


def test_ios_lines_that_say_it_are_understood() -> None:
    account = parsed("cisco-ios", ROUTER).account
    silent = ROUTER.replace("logging host 10.0.0.8", "logging console").replace("ntp server vrf", "ntp source vrf")
    assert account.understood == parsed("cisco-ios", silent).account.understood + 2


def test_ios_excerpts_speak_of_their_lines_only() -> None:
    assert settings("cisco-ios", "hostname r1\nlogging host 10.0.0.8\n").told == {Topic.LOGS}


RTX = """\
# RTX1220 Rev.15.04.07 (Tue Feb 20 15:36:19 2024)
login timer clear
login password *
login user admin encrypted *
ip lan1 address 10.0.0.1/24
telnetd host lan1
sshd service on
sshd host 10.0.0.5-10.0.0.6 10.0.0.9
httpd service off
syslog host 10.0.0.8
schedule at 1 */* 04:10 * ntpdate 10.0.0.9
snmp host 10.0.0.8
snmp community read-write secret
snmpv3 host 10.0.0.8 user 1
snmpv3 usm user 1 mon sha pass aes128-cfb pass
"""


def test_yamaha_says_all_of_it() -> None:
    found = settings("yamaha", RTX)
    assert found.told == ALL | {Topic.ACCESS}
    assert found.software and (found.software.product, found.software.version) == ("Yamaha RTX1220", "Rev.15.04.07")
    assert ([s.name for s in found.logs], [s.name for s in found.times]) == (["10.0.0.8"], ["10.0.0.9"])
    offered = {(a.service, a.interface): a.sources.size if a.sources else None for a in found.accesses}
    assert offered == {("telnet", "lan1"): None, ("ssh", ""): 3}
    assert [(s.version, s.initial, s.writes, s.encrypted) for s in found.snmp] == [
        ("1", True, False, False), ("1", False, True, False), ("3", False, False, True)
    ]  # fmt: skip
    told = {a.name: (a.initial, a.readable, a.open) for a in found.accounts}
    assert told == {
        "login": (False, True, False), "admin": (True, False, False), "administrator": (False, False, True)
    }  # fmt: skip
    assert [limit.seconds for limit in found.idle] == [None]


def test_yamaha_without_header_or_telnet_lines_is_no_whole_account() -> None:
    assert settings("yamaha", "ip lan1 address 10.0.0.1/24\nsyslog host 10.0.0.8\n").told == {Topic.LOGS}
    quiet = RTX.replace("telnetd host lan1\n", "")
    assert Topic.ACCESS not in settings("yamaha", quiet).told


@pytest.mark.parametrize(
    "text", ["login timer", "snmp host", "schedule at 1 ntpdate", "snmp community read-only", "ntpdate"]
)
def test_yamaha_commands_that_are_cut_short_say_nothing(text: str) -> None:
    assert not settings("yamaha", f"ip lan1 address 10.0.0.1/24\n{text}\n").told
