"""parse."""

import json
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]


def test_parse_shows_the_model_and_what_was_not_understood(zoneguard: Run, tmp_path: Path) -> None:
    rules = tmp_path / "gw.rules"
    rules.write_text(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n"
    )
    status, out, _ = zoneguard("parse", rules)
    assert status == 0
    assert "10.1.0.0/16" in out
    assert "dport 443" in " ".join(out.split())
    shown = json.loads(zoneguard("parse", rules, "--format", "iptables", "--format", "json")[1])
    assert shown["format"] == "iptables"
    assert shown["devices"][0]["type"] == "Device"
    rules.write_text(rules.read_text().replace("COMMIT", "-A FORWARD -m nonsense --what -j ACCEPT\nCOMMIT"))
    status, out, _ = zoneguard("parse", rules)
    assert status == 3
    assert f"{rules}:6" in out
    assert zoneguard("parse", rules, "--allow-undetermined")[0] == 0


def test_conditions_that_are_open_are_said_in_the_language_asked_for(zoneguard: Run, tmp_path: Path) -> None:
    rules = tmp_path / "gw.rules"
    rules.write_text("*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m limit --limit 5/min -j ACCEPT\nCOMMIT\n")
    english = " ".join(zoneguard("parse", rules)[1].split())
    japanese = "".join(zoneguard("parse", rules, "--lang", "ja")[1].split())
    assert "permit unknown(" in english
    assert "unknown(" not in japanese
    assert "判断できない条件(" in japanese
