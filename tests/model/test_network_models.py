"""The models as data: every name that a project may use has one, and they differ where they should."""

from __future__ import annotations

from zoneguard.model.network_models import MODELS, ModelName
from zoneguard.model.zones import ZoneClass


def test_every_model_is_described() -> None:
    assert list(MODELS) == list(ModelName)
    assert all(model.name is name for name, model in MODELS.items())


def test_terminals_are_inside_in_alpha_and_outside_in_beta() -> None:
    assert {name.value for name, model in MODELS.items() if model.terminals is ZoneClass.LGWAN} == {
        "alpha",
        "alpha-dash",
    }


def test_a_screen_is_looked_at_from_where_the_terminals_are() -> None:
    for name, model in MODELS.items():
        assert (
            model.screen is None if name is ModelName.TWO_ZONE else model.screen and model.screen[0] is model.terminals
        )


def test_the_lgwan_zone_leaves_by_a_breakout_in_alpha_dash_alone() -> None:
    assert [name.value for name, model in MODELS.items() if ZoneClass.LGWAN in model.egress] == ["alpha-dash"]


def test_two_zones_have_lines_of_their_own() -> None:
    assert MODELS[ModelName.TWO_ZONE].gateways == {ZoneClass.PUBLIC}
    assert ZoneClass.PUBLIC not in MODELS[ModelName.ALPHA].gateways
