"""What click says of a command line. It asks gettext for these sentences by itself; here they get into the catalogues,
and ``speak`` makes gettext answer from there."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

from zoneguard.locale import DOMAIN
from zoneguard.model.text import N_

SENTENCES = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("required"),
    N_("Show this message and exit."),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing command."),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("Invalid value for {param_hint}: {message}"),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
)


def plural(one: str, many: str) -> tuple[str, str]:
    """Mark a sentence that has a form for one and a form for several."""
    return one, many


PLURALS = (
    plural("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    plural("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    plural("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    plural("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    plural("{value!r} does not match the format {format}.", "{value!r} does not match the formats {formats}."),
)


def speak(lang: str) -> None:
    """Let click say its sentences in ``lang``; gettext takes the language from the environment."""
    os.environ["LANGUAGE"] = lang
    gettext.bindtextdomain(DOMAIN, str(Path(__file__).parent))
    gettext.textdomain(DOMAIN)
