"""Options that several commands share. Help is in the language of ``--lang``, else of the locale."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from zoneguard.console import Session
from zoneguard.locale import LANGUAGES, language, named, translator

_ = translator(language(named(sys.argv), os.environ))
SEVERITIES = ("critical", "high", "medium", "low", "info")

Command = Callable[..., Any]


def common(command: Command) -> Command:
    """Options of every command, before its name or behind it: language, output, silence. The command's first argument
    is the session."""

    @click.option(
        "--lang", type=click.Choice(LANGUAGES), help=_("Language of the output; from the locale if not given.")
    )
    @click.option("-o", "--output", type=click.Path(path_type=Path), help=_("Write to this file, not to stdout."))
    @click.option("-q", "--quiet", is_flag=True, help=_("Say nothing on stderr but errors."))
    @click.pass_context
    @wraps(command)
    def wrapped(context: click.Context, /, **options: Any) -> Any:
        session: Session = context.obj
        session.lang = options.pop("lang") or session.lang
        session.output = options.pop("output") or session.output
        session.quiet = options.pop("quiet") or session.quiet
        return command(session, **options)

    return wrapped


def text_or_json(command: Command) -> Command:
    """``--format`` of the commands that show something else than a report."""
    choice = click.Choice(["text", "json"])
    return click.option("--format", "form", type=choice, default="text", help=_("text (default) or json."))(command)


def undetermined_is_fine(command: Command) -> Command:
    """``--allow-undetermined``."""
    said = _("Exit status 0, not 3, where something is undetermined.")
    return click.option("--allow-undetermined", is_flag=True, help=said)(command)


def judging(command: Command) -> Command:
    """Options of the commands that judge a project."""
    form = click.option(
        "--format",
        "form",
        default="text",
        metavar="NAME",
        help=_("text (default), json, csv, xlsx, html, markdown, sarif, github, gitlab, junit, or a plug-in's."),
    )
    fail_on = click.option(
        "--fail-on",
        type=click.Choice(SEVERITIES),
        default="info",
        help=_("Least severity of a violation that makes the exit status 1 (default: info, every violation)."),
    )
    baseline = click.option(
        "--baseline",
        type=click.Path(path_type=Path),
        help=_("Accepted violations: what lies inside them is held back until they expire."),
    )
    record = click.option(
        "--record",
        type=click.Path(path_type=Path),
        help=_("Write a record of the run to this file, for `zoneguard verify-record`."),
    )
    reports = click.option(
        "--report",
        "reports",
        multiple=True,
        metavar="FORMAT=FILE",
        help=_("Write another report of the same run; may be given several times."),
    )
    redact = click.option(
        "--redact", is_flag=True, help=_("Addresses are pseudonyms, for a report that leaves the house.")
    )
    redact_key = click.option(
        "--redact-key",
        type=click.Path(path_type=Path),
        help=_("As --redact, with the same pseudonyms in every report made with this key; it is made if not there."),
    )
    return form(reports(fail_on(baseline(redact(redact_key(record(undetermined_is_fine(as_of(command)))))))))


def as_of(command: Command) -> Command:
    """``--as-of``."""
    day = click.DateTime(formats=["%Y-%m-%d"])
    return click.option("--as-of", type=day, metavar="YYYY-MM-DD", help=_("The day against which expiry is judged."))(
        command
    )


def spoofed(command: Command) -> Command:
    """``--spoofed``."""
    said = _("Hosts may use any source address, not only those that are routed to them.")
    return click.option("--spoofed", is_flag=True, help=said)(command)


def jobs(command: Command) -> Command:
    """``--jobs``."""
    said = _("Processes that read captures of different points, or their content, at a time (default: 1, same result).")
    return click.option("--jobs", type=click.IntRange(1, 256), default=1, metavar="N", help=said)(command)


def show_content(command: Command) -> Command:
    """``--show-content``."""
    said = _(
        "Show of mails and sessions who sent what to whom (subjects, addresses, accounts), which no report shows else."
    )
    return click.option("--show-content", is_flag=True, help=said)(command)


def intrazone(command: Command) -> Command:
    """``--intrazone``."""
    said = _("Show what devices let pass within a zone, too.")
    return click.option("--intrazone", is_flag=True, help=said)(command)


def ruleset_options(command: Command) -> Command:
    """``--ruleset`` with its companions."""
    path = click.option("--ruleset", type=click.Path(path_type=Path), help=_("The file with the ruleset."))
    chain = click.option("--chain", metavar="NAME", help=_("The chain or list of the ruleset."))
    service = click.option("--service", metavar="PROTO/PORT", help=_("The service, as tcp/22."))
    exact = click.option(
        "--exact",
        is_flag=True,
        help=_("Equal undecided conditions have one answer for a packet; otherwise each is doubted by itself."),
    )
    return path(chain(service(exact(command))))


project_argument = click.argument("project", required=False, type=click.Path(path_type=Path))
