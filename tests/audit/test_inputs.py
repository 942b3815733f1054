"""Files of a project that hold no device: the error says what is wrong with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from zoneguard.audit.inputs import load_devices
from zoneguard.loading.project import load_project
from zoneguard.model.errors import InputError

EXAMPLE = Path(__file__).resolve().parents[2] / "topologies/examples/aws-govcloud"


@pytest.mark.parametrize(
    ("text", "named", "said"),
    [
        ("", ", format: terraform", "no device of format terraform; its content speaks for aws"),
        ('{"Vpcs": []}', ", format: aws", "holds no device; check config and format"),
        ('{"Vpcs": []}', "", "holds no device; check config and format"),
    ],
)
def test_a_file_without_a_device_is_an_error_that_names_the_other_format(
    tmp_path: Path, text: str, named: str, said: str
) -> None:
    town = shutil.copytree(EXAMPLE, tmp_path / "town")
    if text:
        (town / "configs/vpc.json").write_text(text, encoding="utf-8")
    project = town / "zoneguard.yaml"
    before = project.read_text(encoding="utf-8")
    project.write_text(before.replace("vpc.json}", f"vpc.json{named}}}"), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load_devices(load_project(town))
