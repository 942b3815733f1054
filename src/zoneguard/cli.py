"""The command line. A command's modules are imported when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from zoneguard.console import Session, run
from zoneguard.options import (
    _,
    as_of,
    common,
    intrazone,
    jobs,
    judging,
    project_argument,
    ruleset_options,
    show_content,
    spoofed,
    text_or_json,
    undetermined_is_fine,
)

PATH = click.Path(path_type=Path)
PORT = click.IntRange(0, 65535)
MODELS = ("alpha", "alpha-dash", "beta", "beta-dash", "two-zone")
SCHEMAS = ("project", "profile", "attestations", "baseline", "mapping")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    help="\n\n".join(
        [
            _("Tells, with proof, whether the network zones of a municipality are really kept apart."),
            _("PROJECT is a directory or a zoneguard.yaml; the nearest one upwards if not given."),
            _("Exit status: 0 clean, 1 violations, 2 wrong usage or input, 3 undetermined, 70 internal error."),
        ]
    ),
)
@click.version_option(package_name="zoneguard", prog_name="zoneguard", help=_("Show the version and exit."))
@common
def cli(_session: Session) -> None:
    """The group of all commands; the options of every command may stand before its name, too."""


@cli.command(help=_("Check configurations and captures against the policy."))
@project_argument
@judging
@show_content
@jobs
@common
def audit(
    session: Session, project: Path | None, as_of: datetime | None, show_content: bool, jobs: int, **judgement: Any
) -> int:
    """Both halves and the cross-check."""
    from zoneguard.audit import Looking
    from zoneguard.commands.judgement import Judgement
    from zoneguard.commands.projects import DYNAMIC, STATIC, judge, load

    asked = Judgement(looking=Looking(jobs=jobs, show_content=show_content), **judgement)
    return judge(session, load(project, as_of and as_of.date()), STATIC | DYNAMIC, asked)


@cli.command(help=_("Check the configurations: what may cross from zone to zone."))
@project_argument
@judging
@spoofed
@common
def verify(session: Session, project: Path | None, as_of: datetime | None, **judgement: Any) -> int:
    """The static half."""
    from zoneguard.commands.judgement import Judgement
    from zoneguard.commands.projects import STATIC, judge, load

    return judge(session, load(project, as_of and as_of.date()), STATIC, Judgement(**judgement))


@cli.command(help=_("Check captures: what did cross. CAPTURE... stand for those declared."))
@click.argument("paths", nargs=-1, metavar="[PROJECT] [CAPTURE]...", type=PATH)
@click.option("--all-flows", is_flag=True, help=_("Look into every flow, not only into those that cross zones."))
@click.option(
    "--extract", type=PATH, metavar="DIR", help=_("Write the content found to this empty folder, as evidence.")
)
@judging
@show_content
@jobs
@common
def replay(
    session: Session,
    paths: tuple[Path, ...],
    as_of: datetime | None,
    all_flows: bool,
    extract: Path | None,
    show_content: bool,
    jobs: int,
    **judgement: Any,
) -> int:
    """The dynamic half."""
    from zoneguard.audit import Looking
    from zoneguard.commands.judgement import Judgement
    from zoneguard.commands.projects import DYNAMIC, judge, load, split_paths, with_captures

    path, captures = split_paths(paths)
    project = with_captures(load(path, as_of and as_of.date()), captures)
    looking = Looking(all_flows, extract, jobs, show_content)
    return judge(session, project, DYNAMIC, Judgement(looking=looking, **judgement))


@cli.command(
    help=_(
        "Show what is permitted from zone to zone, and by which rules; with --ruleset, --chain and --service: who may "
        "reach whom by one ruleset."
    )
)
@project_argument
@ruleset_options
@text_or_json
@as_of
@spoofed
@intrazone
@common
def matrix(
    session: Session,
    project: Path | None,
    form: str,
    as_of: datetime | None,
    spoofed: bool,
    intrazone: bool,
    **ruleset: Any,
) -> int:
    """ゾーン間通信マトリクス, or the service matrix of one ruleset."""
    if any(ruleset.values()):
        from zoneguard.commands.rulesets import show_service_matrix

        return show_service_matrix(session, project, form=form, spoofed=spoofed, intrazone=intrazone, **ruleset)
    from zoneguard.commands.projects import load, show_matrix

    return show_matrix(session, load(project, as_of and as_of.date()), form, spoofed, intrazone)


@cli.command(help=_("Follow one packet hop by hop, with the lines that decided."))
@project_argument
@click.option("--from", "source", required=True, metavar="IP", help=_("Source address."))
@click.option("--to", "destination", required=True, metavar="IP", help=_("Destination address."))
@click.option("--proto", default="tcp", help=_("Protocol by name or number (default: tcp)."))
@click.option("--dport", type=PORT, help=_("Destination port."))
@click.option("--sport", type=PORT, help=_("Source port; any, if not given."))
@click.option("--icmp", metavar="TYPE[:CODE]", help=_("ICMP type and code (default: an echo request)."))
@click.option("--mac", help=_("Source MAC address; any, if not given."))
@undetermined_is_fine
@text_or_json
@common
def trace(session: Session, project: Path | None, form: str, allow_undetermined: bool, **given: Any) -> int:
    """One packet."""
    from zoneguard.commands import packets

    return packets.trace(session, project, packets.Given(**given), form, allow_undetermined)


@cli.command(
    help=_(
        "Show what a change newly permits and newly denies between zones. OLD and NEW are projects, or git revisions "
        "of one project."
    )
)
@click.argument("old")
@click.argument("new")
@click.option("--project", type=PATH, help=_("The project whose git revisions are compared; the nearest if not given."))
@click.option(
    "--fail-on-new", is_flag=True, help=_("Exit status 1 where something is newly possible that NEW does not allow.")
)
@undetermined_is_fine
@text_or_json
@common
def diff(
    session: Session,
    old: str,
    new: str,
    project: Path | None,
    form: str,
    fail_on_new: bool,
    allow_undetermined: bool,
) -> int:
    """Two states of one network."""
    from zoneguard.commands import diffing

    return diffing.diff(session, old, new, project, form, fail_on_new, allow_undetermined)


@cli.command(help=_("Write a baseline: what an audit finds today is accepted for a time."))
@project_argument
@click.option("--reason", required=True, help=_("Why it is accepted."))
@click.option("--owner", required=True, help=_("Who answers for it."))
@click.option(
    "--expires",
    required=True,
    type=click.DateTime(formats=["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help=_("The last day on which it is accepted."),
)
@click.option("--baseline", "earlier", type=PATH, help=_("An earlier baseline whose entries are kept while they hold."))
@common
def baseline(
    session: Session, project: Path | None, reason: str, owner: str, expires: datetime, earlier: Path | None
) -> int:
    """Accepted for a time."""
    from zoneguard.commands.baselines import write_baseline

    return write_baseline(session, project, reason, owner, expires.date(), earlier)


@cli.command(
    "verify-record", help=_("Verify the record of a run: is everything it names as it was? RECORD comes from --record.")
)
@click.argument("record", type=PATH)
@click.option("--project", type=PATH, help=_("Where the project is now, if not where it was."))
@click.option("--report", type=PATH, help=_("Where the report is now, if not where it was."))
@click.option("--again", is_flag=True, help=_("Run again too, and compare findings and clauses."))
@text_or_json
@common
def verify_record(
    session: Session, record: Path, project: Path | None, report: Path | None, again: bool, form: str
) -> int:
    """For the auditor's file."""
    from zoneguard.commands import records

    return records.verify_record(session, record, project, report, form, again)


@cli.command(help=_("Review the rules of each device: what never acts, what is not used, what could be tighter."))
@project_argument
@undetermined_is_fine
@text_or_json
@common
def review(session: Session, project: Path | None, form: str, allow_undetermined: bool) -> int:
    """What to clean up."""
    from zoneguard.commands import reviewing

    return reviewing.review(session, project, form, allow_undetermined)


@cli.command(help=_("Show what a configuration means, and what was not understood."))
@click.argument("file", type=PATH)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help=_("Format of FILE (default: found by content), or of the output: text, json. May be given for each."),
)
@undetermined_is_fine
@common
def parse(session: Session, file: Path, formats: tuple[str, ...], allow_undetermined: bool) -> int:
    """One file."""
    from zoneguard.commands import files

    return files.parse(session, file, formats, allow_undetermined)


@cli.command(help=_("Show the flow table of captures: files, directories, or - for stdin."))
@click.argument("paths", metavar="CAPTURE...", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "jsonl", "columns"]),
    default="text",
    help=_("Form of output."),
)
@undetermined_is_fine
@common
def flows(session: Session, paths: tuple[str, ...], form: str, allow_undetermined: bool) -> int:
    """Captures without a project."""
    from zoneguard.commands import captures

    return captures.flows(session, paths, form, allow_undetermined)


@cli.command(help=_("List the shipped profiles, or the clauses of one (NAME or path)."))
@click.argument("name", required=False)
@text_or_json
@common
def profiles(session: Session, name: str | None, form: str) -> int:
    """Policies as data."""
    from zoneguard.commands import policies

    return policies.profiles(session, name, form)


@cli.command(help=_("Explain a check (ZG101, or its name) or a clause (mikasa:24(1))."))
@click.argument("subject", metavar="CHECK-OR-CLAUSE")
@text_or_json
@common
def explain(session: Session, subject: str, form: str) -> int:
    """What is asked, why it matters, how to fix it."""
    from zoneguard.commands import policies

    return policies.explain(session, subject, form)


@cli.command(help=_("Write a first zoneguard.yaml into FOLDER, from the exports in it and a few answers."))
@click.argument("folder", type=PATH, default=Path())
@click.option("--name", help=_("Name of the project (default: that of the folder)."))
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help=_("The policy; may be given several times."))
@click.option("--model", type=click.Choice(MODELS), help=_("How terminals are placed (default: alpha)."))
@click.option(
    "--zone", "zones", multiple=True, metavar="NAME=CLASS:PREFIX", help=_("A zone; may be given several times.")
)
@click.option("--ask/--no-ask", default=True, help=_("Whether to ask for what is not given (default: on a terminal)."))
@common
def init(session: Session, folder: Path, **given: Any) -> int:
    """The first project."""
    from zoneguard.commands import starting

    return starting.init(session, folder, starting.Given(**given))


@cli.command(help=_("Print the JSON Schema of zoneguard.yaml, or of another file that people write."))
@click.argument("which", type=click.Choice(SCHEMAS), default="project")
@common
def schema(session: Session, which: str) -> int:
    """For editors that complete what one types."""
    from zoneguard.commands import policies

    return policies.schema(session, which)


@cli.command(help=_("Print the script that makes the shell complete commands and options."))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def completion(session: Session, shell: str) -> int:
    """For people who type."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None, "the choices are those that click ships"
    session.write(made(cli, {}, "zoneguard", "_ZONEGUARD_COMPLETE").source().encode())
    return 0


def main() -> None:
    """The console script."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is no linear algebra that its threads could help with
    sys.exit(run(cli))
