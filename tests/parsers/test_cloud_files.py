"""aws, azure and terraform as files come: encodings, line ends, what a terminal leaves, cut short, another's format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from zoneguard.model.device import Device
from zoneguard.parsers import Parser, Source
from zoneguard.parsers._cloud import OTHER_FORMAT
from zoneguard.parsers.aws import PLUGIN as AWS
from zoneguard.parsers.azure import PLUGIN as AZURE
from zoneguard.parsers.reading import detect, read_source
from zoneguard.parsers.terraform import NO_PLAN
from zoneguard.parsers.terraform import PLUGIN as TERRAFORM

EXAMPLES = Path(__file__).resolve().parents[2] / "topologies/examples"
FILES = {
    "aws": EXAMPLES / "aws-govcloud/configs/vpc.json",
    "terraform": EXAMPLES / "terraform-govcloud/configs/plan.json",
    "azure": EXAMPLES / "azure-govcloud/configs/vnet.json",
}
PARSERS = {"aws": AWS, "terraform": TERRAFORM, "azure": AZURE}


def devices(path: Path) -> tuple[Parser, tuple[Device, ...]]:
    source = read_source(path, "config.json")
    parser = detect(source)
    return parser, parser.parse(source, "cloud").devices


def paged(text: str) -> bytes:
    lines = text.split("\n")
    return "\n".join(
        "--More-- \r         \r" * (n % 40 == 39 and bool(line)) + line for n, line in enumerate(lines)
    ).encode()


SHAPES: dict[str, Callable[[str], bytes]] = {
    "utf-16 of PowerShell": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "utf-8 with a mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "cp932, CRLF": lambda text: text.replace("\n", "\r\n").encode("cp932"),
    "euc-jp": lambda text: text.encode("euc_jp"),
    "a pager's prompts": paged,
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_devices_are_read(tmp_path: Path, name: str, shape: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(SHAPES[shape](FILES[name].read_text(encoding="utf-8")))
    assert devices(path) == devices(FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_wherever_a_file_is_cut_short_that_is_said_and_nothing_is_concluded(name: str) -> None:
    lines = FILES[name].read_text(encoding="utf-8").splitlines()
    for cut in range(3, len(lines) - 1, len(lines) // 40):
        if lines[cut - 1] in ("}", "]"):
            continue  # between two documents: whole as far as it goes
        parsed = PARSERS[name].parse(Source("config.json", tuple(lines[:cut])), "cloud")
        said = [m for m in parsed.account.not_understood if "cut short" in m.reason]
        assert said and said[0].span.first in (cut, cut - 1)
        assert all(device.uncertain for device in parsed.devices)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("named", FILES)
def test_another_clouds_format_is_recognised_as_such(name: str, named: str) -> None:
    lines = tuple(FILES[name].read_text(encoding="utf-8").splitlines())
    parsed = PARSERS[named].parse(Source("config.json", lines), "cloud")
    assert any(m.reason == OTHER_FORMAT for m in parsed.account.not_understood) == (name != named)
    assert bool(parsed.devices) == (name == named)


@pytest.mark.parametrize("text", ['{"version": 4, "terraform_version": "1.9"}', '{"@level":"info","@message":"Plan"}'])
def test_what_is_taken_for_a_plan_says_how_to_get_one(text: str) -> None:
    source = Source("config.json", (text,))
    assert detect(source) is TERRAFORM
    assert [m.reason for m in TERRAFORM.parse(source, "cloud").account.not_understood] == [NO_PLAN]


@pytest.mark.parametrize("name", FILES)
def test_on_one_line_the_same_is_read(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(json.dumps(value, ensure_ascii=False))
        at = len(text) - len(text[at:].lstrip())
    laid_out = PARSERS[name].parse(Source("config.json", tuple(text.splitlines())), "cloud")
    parsed = PARSERS[name].parse(Source("config.json", tuple(found)), "cloud")
    assert [m.text for m in parsed.account.not_understood] == [m.text for m in laid_out.account.not_understood]
    for before, after in zip(laid_out.devices, parsed.devices, strict=True):
        assert [len(v.stages) for v in before.vrfs] == [len(v.stages) for v in after.vrfs]
        assert [(r.network, r.interface) for v in before.vrfs for r in v.routes] == [
            (r.network, r.interface) for v in after.vrfs for r in v.routes
        ]
