"""What every command does with the outside: language, progress on stderr, output, and errors in words."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoneguard.locale import language, named, translator
from zoneguard.locale.command_line import speak
from zoneguard.model.errors import InputError, InputErrors, system_reason
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.progress import Progress, Step, silent
from zoneguard.model.text import N_, Text

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from zoneguard.reports._page import Page

PATIENCE = 1.0  # seconds of silence before progress is shown
USAGE, INTERNAL, INTERRUPTED, BROKEN_PIPE = 2, 70, 130, 141  # exit statuses that are no judgement
UNDETERMINED = 3  # as of a judgement: an answer would need sets of packets that outgrow the engine


class UsageProblem(Exception):  # noqa: N818 (a problem of the command line, as InputError is one of a file)
    """Options that do not fit together; exit status 2."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


@dataclass(slots=True)
class Session:
    """One run of the command line."""

    lang: str
    quiet: bool = False
    output: Path | None = None

    def say(self, text: Text) -> str:
        """``text`` in the session's language."""
        return text.render(translator(self.lang))

    def translate(self, template: str) -> str:
        """``template`` in the session's language."""
        return translator(self.lang)(template)

    def page(self) -> Page:
        """A page for this output."""
        from zoneguard.reports._page import Page  # noqa: PLC0415 (rich is not needed by --help)

        return Page(self.lang, self.terminal)

    def note(self, text: Text) -> None:
        """Say ``text`` on stderr, unless that is to be quiet."""
        if not self.quiet:
            _stderr(self.say(text))

    @property
    def terminal(self) -> bool:
        """Whether the output goes to a person's terminal."""
        return self.output is None and sys.stdout.isatty()

    def write(self, data: bytes) -> None:
        """``data`` to the output; a file appears whole or not at all. Raises ``InputError`` where it cannot be."""
        self.write_parts((data,))

    def write_parts(self, parts: Iterable[bytes]) -> None:
        """``write`` of what is made as it is written."""
        if self.output is None:
            _to_stdout(parts)
        else:
            write_files([(self.output, parts)])

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A function to say what is going on: shown on a terminal's stderr once it lasts, never in a pipe."""
        if self.quiet or not sys.stderr.isatty():
            yield silent
            return
        shown = _Progress(self.say)
        try:
            yield shown.tell
        finally:
            shown.stop()


class _Progress:
    """A line that appears after ``PATIENCE`` seconds: what is being done, and a bar where the end is known."""

    def __init__(self, say: Callable[[Text], str]) -> None:
        self._say = say
        self._step: Step | None = None
        self._stopped = False
        self._bar: Bar | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(PATIENCE, self._show)
        self._timer.daemon = True
        self._timer.start()

    def tell(self, step: Step) -> None:
        with self._lock:
            self._step = step
            self._update()

    def _update(self) -> None:
        if self._bar is not None and self._step is not None:
            step, task = self._step, self._bar.task_ids[0]
            self._bar.update(task, description=self._say(step.doing), completed=step.done, total=step.total or None)

    def _show(self) -> None:
        from rich import progress as bars  # noqa: PLC0415 (only what lasts pays for it)
        from rich.console import Console  # noqa: PLC0415

        columns = (bars.SpinnerColumn(), bars.TextColumn("{task.description}"), bars.BarColumn(),
                   bars.MofNCompleteColumn(), bars.TimeElapsedColumn())  # fmt: skip
        with self._lock:
            if not self._stopped:
                self._bar = bars.Progress(*columns, console=Console(stderr=True), transient=True)
                self._bar.add_task("", total=None)
                self._update()
                self._bar.start()

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._stopped = True
            if self._bar is not None:
                self._bar.stop()


def _to_stdout(parts: Iterable[bytes]) -> None:
    try:
        stream = sys.stdout.buffer
        stream.writelines(parts)
        stream.flush()
    except BrokenPipeError:
        # what reads our output has gone: nobody is left to tell, not even at interpreter exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(BROKEN_PIPE) from None


def write_file(path: Path, data: bytes) -> None:
    """``data`` to ``path``, whole or not at all. Raises ``InputError`` where it cannot be."""
    write_files([(path, (data,))])


def write_files(files: Sequence[tuple[Path, Iterable[bytes]]]) -> None:
    """All of them, or none: nothing takes its place before everything is written. Raises ``InputError``."""
    staged: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, parts in files:
            if path.exists() and not path.is_file():
                with path.open("wb") as stream:  # a device or a pipe; a directory raises
                    stream.writelines(parts)
            else:
                staged.append((_staged(path, parts), path))
        for temporary, path in staged:
            temporary.replace(path)
    except OSError as error:
        raise InputError(N_("cannot be written: {reason}", reason=system_reason(error)), str(path)) from None
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _staged(path: Path, parts: Iterable[bytes]) -> Path:
    """A file beside ``path`` that holds the parts, one behind the other."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(parts)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return Path(temporary)


def run(command: click.Command, args: list[str] | None = None) -> int:
    """Run ``command`` and answer with its exit status; whatever goes wrong is said on stderr, in words."""
    session = Session(language(named(sys.argv if args is None else args), os.environ))
    speak(session.lang)
    try:
        status = command.main(args, prog_name="zoneguard", standalone_mode=False, obj=session)
    except InputErrors as errors:
        return _errors(session, errors.errors)
    except InputError as error:
        return _errors(session, [error])
    except UsageProblem as problem:
        _stderr(session.say(N_("error: {problem}", problem=problem.text)))
        return USAGE
    except TooLarge as refusal:
        _stderr(session.say(N_("undetermined: {cause}", cause=refusal.cause)))
        return UNDETERMINED
    except click.ClickException as error:
        error.show()
        return USAGE
    except SystemExit as left:  # click: 0 behind a completion, otherwise its own output (a help text) met a closed pipe
        return BROKEN_PIPE if left.code else 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        _stderr(session.say(N_("interrupted")))
        return INTERRUPTED
    except Exception as error:
        return _internal(session, error)
    return status if isinstance(status, int) else 0


def _errors(session: Session, errors: Iterable[InputError]) -> int:
    for error in errors:
        problem = session.say(error.message)
        where = f"{error.where}: " if error.where else ""
        _stderr(session.say(N_("error: {problem}", problem=where + problem)))
    return USAGE


def _internal(session: Session, error: Exception) -> int:
    if os.environ.get("ZONEGUARD_DEBUG") == "1":
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    _stderr(session.say(N_("internal error: {what}", what=what)))
    _stderr(
        session.say(
            N_(
                "This is a fault of zoneguard {version}, not of your input. Please report the line above and the "
                "command; ZONEGUARD_DEBUG=1 shows where it happened.",
                version=version("zoneguard"),
            )
        )
    )
    return INTERNAL


def _stderr(line: str) -> None:
    click.echo(line, err=True)
