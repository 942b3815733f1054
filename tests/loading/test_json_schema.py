"""The published schemas fit what loading reads, as editors read it (YAML 1.2: dates and MAC addresses are text)."""

import json
import re

import jsonschema
import pytest
import yaml

from tests.loading.test_profile import OWN
from tests.loading.test_project import GOOD
from zoneguard.loading.json_schema import json_schema
from zoneguard.loading.profile import shipped_profiles


class EditorLoader(yaml.BaseLoader):
    """Numbers and booleans only."""


for tag, pattern in (("int", r"-?[0-9]+"), ("bool", "true|false")):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), None)
    EditorLoader.add_constructor(f"tag:yaml.org,2002:{tag}", lambda _loader, node: json.loads(node.value))


@pytest.mark.parametrize(
    ("which", "text"),
    [
        ("project", GOOD),
        ("profile", OWN),
        *(("profile", path.read_text(encoding="utf-8")) for path in shipped_profiles().values()),
    ],
)
def test_what_loads_fits_the_schema(which: str, text: str) -> None:
    schema = json_schema(which)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.load(text, EditorLoader), schema)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class: lgwan", "class: lgwna"),
        ("model: alpha-dash", "modle: alpha"),
        ("zoneguard: 1", "zoneguard: 2"),
        ("hosts: gw}", "hosts: []}"),
    ],
)
def test_what_does_not_load_does_not_fit_either(old: str, new: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.load(GOOD.replace(old, new), EditorLoader), json_schema("project"))
