"""How municipalities arrange their zones (三層の対策のモデル): where terminals are, which way the screen transfer runs,
and by which gateways public addresses may be reached.

Source of the meaning: the guideline of the Ministry of Internal Affairs on information security policies of local
governments (総務省), which names α, α′, β and β′; two zones are those of an organisation that is not on LGWAN and keeps
My Number apart from all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from zoneguard.model.zones import ZoneClass


class ModelName(StrEnum):
    """α, α′, β, β′, or two zones."""

    ALPHA = "alpha"
    ALPHA_DASH = "alpha-dash"
    BETA = "beta"
    BETA_DASH = "beta-dash"
    TWO_ZONE = "two-zone"


@dataclass(frozen=True, slots=True)
class NetworkModel:
    """One model. ``terminals``: the zone of the office terminals; content that reaches it is an import.

    ``screen``: from which zone a screen of which other side is looked at (画面転送). ``egress``: zone → classes of
    zones by which its hosts may leave for public addresses; a zone that is not named leaves nowhere. ``public`` among
    them: by any line of its own.
    """

    name: ModelName
    terminals: ZoneClass
    screen: tuple[ZoneClass, ZoneClass] | None
    egress: Mapping[ZoneClass, frozenset[ZoneClass]]

    @property
    def gateways(self) -> frozenset[ZoneClass]:
        """The classes of zones by which some zone may leave."""
        return frozenset[ZoneClass]().union(*self.egress.values())


LGWAN, INTERNET = ZoneClass.LGWAN, ZoneClass.INTERNET
BREAKOUT = frozenset({ZoneClass.LOCAL_BREAKOUT})
WATCHED = frozenset({ZoneClass.SECURITY_CLOUD}) | BREAKOUT

MODELS: Mapping[ModelName, NetworkModel] = {
    model.name: model
    for model in (
        NetworkModel(ModelName.ALPHA, LGWAN, (LGWAN, INTERNET), {INTERNET: WATCHED}),
        NetworkModel(ModelName.ALPHA_DASH, LGWAN, (LGWAN, INTERNET), {INTERNET: WATCHED, LGWAN: BREAKOUT}),
        NetworkModel(ModelName.BETA, INTERNET, (INTERNET, LGWAN), {INTERNET: WATCHED}),
        NetworkModel(ModelName.BETA_DASH, INTERNET, (INTERNET, LGWAN), {INTERNET: WATCHED}),
        NetworkModel(ModelName.TWO_ZONE, INTERNET, None, {INTERNET: frozenset({ZoneClass.PUBLIC})}),
    )
}
"""In α and α′ an LGWAN terminal looks at the Internet side; in β and β′ terminals of the Internet side look at LGWAN
systems. α′ lets the LGWAN zone itself out, by a local breakout to approved cloud services. β′ is β with systems of
internal business beside the terminals: zones of
class ``internet`` of their own. With two zones, all that is not My Number zone is of class ``internet``."""
