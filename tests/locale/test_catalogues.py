"""Every template has its Japanese, with the same places, compiled."""

import gettext
import re

import pytest

from zoneguard.locale import LANGUAGES, language, translator
from zoneguard.locale.build import po_path, read_catalogue, templates, translated
from zoneguard.model.text import N_

PLACE = re.compile(r"{(\w*)(?:!r)?}")
OTHERS = [lang for lang in LANGUAGES if lang != "en"]


def forms(value: object) -> tuple[str, ...]:
    """A sentence, or its forms for one and for several."""
    return tuple(map(str, value)) if isinstance(value, tuple | list) else (str(value),)


def places(text: str) -> set[str]:
    return set(PLACE.findall(text))


@pytest.mark.parametrize("lang", OTHERS)
def test_every_template_is_translated(lang: str) -> None:
    done = {str(message.id) for message in read_catalogue(lang) if message.id and translated(message)}
    missing = sorted({str(message.id) for message in templates() if message.id} - done)
    assert not missing, f"{len(missing)} without translation (run `make locale`, translate, run it again): {missing}"


@pytest.mark.parametrize("lang", OTHERS)
def test_nothing_is_translated_that_the_code_no_longer_says(lang: str) -> None:
    said = {str(message.id) for message in templates() if message.id}
    assert not sorted(str(m.id) for m in read_catalogue(lang) if m.id and str(m.id) not in said)


@pytest.mark.parametrize("lang", OTHERS)
def test_a_translation_keeps_the_places_of_its_template(lang: str) -> None:
    for message in read_catalogue(lang):
        if message.id and message.string:
            own = [places(form) for form in forms(message.id)]
            assert all(places(said) in own for said in forms(message.string)), message.id


@pytest.mark.parametrize("lang", OTHERS)
def test_the_compiled_catalogue_is_up_to_date(lang: str) -> None:
    with po_path(lang).with_suffix(".mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for message in read_catalogue(lang):
        if message.id and message.string:
            ids = forms(message.id)
            said = (
                {compiled.gettext(ids[0])} if len(ids) == 1 else {compiled.ngettext(ids[0], ids[1], n) for n in (1, 2)}
            )
            assert said == set(forms(message.string))


@pytest.mark.parametrize(
    ("option", "env", "expected"),
    [
        (None, {}, "en"),
        (None, {"LANG": "ja_JP.UTF-8"}, "ja"),
        (None, {"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {"LC_MESSAGES": "ja", "LANG": "en_US.UTF-8"}, "ja"),
        (None, {"LC_ALL": "", "LANG": "ja_JP"}, "ja"),
        ("en", {"LANG": "ja_JP.UTF-8"}, "en"),
        ("ja", {}, "ja"),
    ],
)
def test_language(option: str | None, env: dict[str, str], expected: str) -> None:
    assert language(option, env) == expected


def test_a_sentence_with_a_sentence_inside() -> None:
    text = N_("{problem}; {hint}", problem=N_("there is no such file"), hint=N_("none is declared"))
    assert text.render(translator("en")) == "there is no such file; none is declared"
    assert text.render(translator("ja")) == "そのファイルはありません。一つも記載されていません"
    assert translator("ja")("a sentence nobody wrote") == "a sentence nobody wrote"
    assert translator("ja")("") == ""


def test_an_unknown_language() -> None:
    with pytest.raises(ValueError, match="there are en, ja"):
        translator("de")
