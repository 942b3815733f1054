"""What breaks the full town, by the check (and the aspect of it) that has to say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.checks.test_provenance import download, upload
from tests.checks.town import Town, session
from tests.inspection.content.building import word
from tests.inspection.test_sketching import prose
from tests.profiles.full_town import (
    ANSWERS,
    EXCEPTION,
    GET,
    RULES,
    WAYS,
    attached,
    beside,
    mail,
    opened,
    passing,
    program,
    seen,
)

Break = Callable[[Town], Town]
LEFT_RIGHT = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -s 10.20.0.0/24 -p tcp -j ACCEPT\nCOMMIT\n"
TWIN = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n%sCOMMIT\n"
TWIN_WAY = "10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.%d\n"


def _without_mac(town: Town) -> Town:
    rules = [rule.replace("-m mac --mac-source 00:00:5E:00:53:20 ", "") for rule in town.forward]
    return replace(town, forward=rules)


def _wider_zone(town: Town, lgwan: str) -> Town:
    """Another zone of class ``lgwan`` with the prefix."""
    return replace(town, zones=(*town.zones, f"lg-old: {{class: lgwan, prefixes: [{lgwan}]}}"))


def _pair(town: Town) -> Town:
    extra = "-A FORWARD -s 10.20.0.9/32 -p tcp -m tcp --dport 22 -j ACCEPT\n"
    return beside(
        town,
        (
            "tw-1: {config: tw-1.rules, format: iptables, routes: tw-1.routes, pair: tw-2}",
            "tw-2: {config: tw-2.rules, format: iptables, routes: tw-2.routes}",
        ),
        {
            "tw-1.rules": TWIN % "",
            "tw-2.rules": TWIN % extra,
            "tw-1.routes": TWIN_WAY % 241,
            "tw-2.routes": TWIN_WAY % 242,
        },
    )


def _other_way_back(town: Town) -> Town:
    """Behind the Internet zone a router sends what comes from the LGWAN zone back by a second firewall."""
    wider = replace(town, routes=WAYS + "10.31.0.0/24 via 10.30.0.3 dev eth2\n")
    devices = (
        "fw-b: {config: open.rules, format: iptables, routes: fw-b.routes}",
        "gw: {config: open.rules, format: iptables, routes: gw.routes}",
    )
    files = {
        "open.rules": LEFT_RIGHT,
        "fw-b.routes": "10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.2\n"
        "10.98.0.0/24 dev eth1 proto kernel scope link src 10.98.0.2\n",
        "gw.routes": "10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.3\n"
        "10.31.0.0/24 dev eth1 proto kernel scope link src 10.31.0.1\n"
        "10.98.0.0/24 dev eth2 proto kernel scope link src 10.98.0.3\n"
        "10.20.0.0/24 via 10.98.0.2 dev eth2\n",
    }
    zones = (
        "in-2: {class: internet, prefixes: [10.31.0.0/24]}",
        "transit: {class: other, prefixes: [10.98.0.0/24]}",
    )
    return beside(passing(wider, "-A FORWARD -s 10.20.0.0/24 -d 10.31.0.0/24 -p tcp -j ACCEPT"), devices, files, zones)


def _idle_route(town: Town) -> Town:
    router = "ip route 10.30.64.0/18 gateway 203.0.113.99\nip lan1 address 10.30.0.9/24\n"
    return beside(town, ("rtr: {config: rtr.conf, format: yamaha}",), {"rtr.conf": router})


def _open_cloud(town: Town) -> Town:
    text = town.files["vpc.json"]
    for port in ("443", "5432"):
        text = text.replace(f'"From": {port},\n            "To": {port}', '"From": 0,\n            "To": 65535')
        text = text.replace(
            f'"FromPort": {port},\n          "ToPort": {port}', '"FromPort": 0,\n          "ToPort": 65535'
        )
    return replace(town, files={"vpc.json": text})


def _untouched(town: Town) -> Town:
    """A document leaves the file sanitizer byte for byte as it entered."""
    document = ("a.docx", word(body=prose(1)))
    entered = session("10.30.0.9", "10.40.0.20", 80, upload(*document), b"HTTP/1.1 204 No Content\r\n\r\n")
    left = session("10.20.0.5", "10.40.0.20", 80, GET, download(*document))
    return seen(seen(town, "internet", *entered), "lgwan", *left)


def _row(town: Town, row: str, *rules: str) -> Town:
    return passing(replace(town, allow=(*town.allow, row)), *rules)


WEB_80 = "-A FORWARD -i eth4 -d 192.0.2.5/32 -o eth5 -p tcp -m tcp --dport 80 -j ACCEPT"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
BREAKS: dict[str, Break] = {
    "ZG101": lambda town: opened(town, 0, 1),
    "ZG101:dmz": lambda town: opened(town, 5, 0),
    "ZG101:remote-access": lambda town: opened(town, 6, 0),
    "ZG101:public": lambda town: opened(town, 4, 0, "-s 192.0.2.128/25 -p tcp -m tcp --dport 8080"),
    "ZG101:development": lambda town: opened(town, 7, 0),
    "ZG101:>development": lambda town: opened(town, 0, 7),
    "ZG102": lambda town: opened(town, 1, 2),
    "ZG102:dmz": lambda town: opened(town, 5, 1),
    "ZG103": lambda town: opened(town, 6, 3),
    "ZG103:dmz": lambda town: opened(town, 5, 2),
    "ZG103:internet": lambda town: opened(town, 2, 5),
    "ZG103:public": lambda town: opened(town, 4, 2, "-s 192.0.2.128/25 -p tcp -m tcp --dport 8080"),
    "ZG103:remote-access": lambda town: opened(town, 6, 2),
    "ZG103:local-breakout": lambda town: opened(town, 8, 2),
    "ZG103:development": lambda town: opened(town, 7, 2),
    "ZG103:>development": lambda town: opened(town, 2, 7),
    "ZG104": _without_mac,
    "ZG104:built": _without_mac,
    "ZG104:row": lambda town: replace(town, exceptions=(EXCEPTION.replace("from: tax-pc", "from: mynumber"),)),
    "ZG107": lambda town: replace(town, routes=WAYS + "192.0.2.128/25 via 10.60.0.9 dev eth6\n"),
    "ZG108": lambda town: replace(
        passing(town, "-A FORWARD -i eth2 -d 10.20.0.9/32 -o eth1 -p tcp -m tcp --dport 80 -j ACCEPT"),
        nat=["-A PREROUTING -i eth2 -d 10.30.0.1/32 -p tcp --dport 8080 -j DNAT --to-destination 10.20.0.9:80"],
    ),
    "ZG109": lambda town: replace(town, policy="ACCEPT"),
    "ZG110": lambda town: opened(town, 6, 3, ""),
    "ZG111": lambda town: _row(
        town,
        "{id: B1, from: internet, to: lgwan, services: [tcp/8080]}",
        "-A FORWARD -i eth2 -o eth1 -p tcp -m tcp --dport 8080 -j ACCEPT",
    ),
    "ZG112:lgwan-mynumber": lambda town: _wider_zone(town, "10.10.0.0/23"),
    "ZG112:internet-lgwan": lambda town: _wider_zone(town, "10.30.0.0/23"),
    "ZG113": lambda town: _row(
        town,
        "{id: B1, from: lgwan, to: vdi, services: [tcp/445]}",
        "-A FORWARD -i eth1 -d 10.30.0.50/32 -o eth2 -p tcp -m tcp --dport 445 -j ACCEPT",
    ),
    "ZG114": lambda town: replace(town, more=""),
    "ZG115": _open_cloud,
    "ZG121": lambda town: passing(town, RULES["screen"].replace("ACCEPT", "DROP")),
    "ZG122": lambda town: passing(town, RULES["screen"].replace("10.20.0.0/24", "10.20.0.9/32")),
    "ZG123": lambda town: passing(town, "-A FORWARD -i eth2 -d 10.10.0.5/32 -o eth4 -p udp -j ACCEPT"),
    "ZG124": _idle_route,
    "ZG125": _other_way_back,
    "ZG126": _pair,
    "ZG127": lambda town: opened(town, 6, 3, "-s 10.60.0.0/24"),
    "ZG128": lambda town: opened(town, 6, 3, "-p tcp -m tcp --dport 3389"),
    "ZG201": lambda town: seen(town, "lgwan", *session("10.40.0.10", "10.20.0.25", 2525, mail(attached()), ANSWERS)),
    "ZG201:export": lambda town: seen(
        town, "internet", *session("10.40.0.10", "10.30.0.25", 25, mail(attached()), ANSWERS)
    ),
    "ZG202": lambda town: seen(town, "lgwan", *session("10.20.0.5", "10.30.0.50", 445)),
    "ZG203": lambda town: seen(town, "lgwan", *session("10.20.0.5", "10.30.0.9", 80, GET, program())),
    "ZG203:export": lambda town: seen(town, "internet", *session("10.30.0.9", "10.20.0.5", 80, GET, program())),
    "ZG207": lambda town: seen(
        town, "internet", *session("10.30.0.7", "10.30.0.8", 445), *session("10.30.0.8", "10.30.0.9", 445)
    ),
    "ZG212": lambda town: seen(
        town, "internet", *session("192.0.2.67", "192.0.2.210", 80, GET, PAGE)
    ),
    "ZG213": lambda town: seen(
        passing(town, WEB_80), "internet", *session("192.0.2.201", "192.0.2.5", 80, GET, PAGE)
    ),
    "ZG216": lambda town: seen(town, "mynumber", *session("10.10.0.5", "198.18.0.9", 443, mac="00:00:5e:00:53:99")),
    "ZG215": _untouched,
    "ZG217:remote-access": lambda town: passing(
        town,
        "-A FORWARD -i eth6 -d 10.30.0.9/32 -o eth2 -p tcp -m tcp --dport 3389 -j ACCEPT",
        "-A FORWARD -i eth2 -s 10.30.0.9/32 -o eth0 -p tcp -m tcp --dport 443 -j ACCEPT",
    ),
    "ZG301": lambda town: seen(town, "internet", *session("10.30.0.7", "192.0.2.200", 22)),
    "ZG302": lambda town: _row(
        town,
        "{id: B1, from: internet, to: pub, services: [tcp/8443]}",
        "-A FORWARD -i eth2 -d 192.0.2.5/32 -o eth5 -p tcp -m tcp --dport 8443 -j ACCEPT",
    ),
}  # fmt: skip
BREAKS["ZG202:service"] = BREAKS["ZG202"]
BREAKS["ZG109:outside"] = BREAKS["ZG109"]
BREAKS["ZG107:gateway"] = BREAKS["ZG107"]
BREAKS["ZG201:import"] = BREAKS["ZG201"]
BREAKS["ZG203:import"] = BREAKS["ZG203"]
"""Check, as a profile names it → what makes it speak up."""
