"""The command line. Everything slow is imported inside the commands, so that --help and --version are quick."""

import contextlib
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from postlint import __version__
from postlint.arguments import (
    All,
    As,
    Colour,
    ColourOption,
    ConfigDir,
    Debug,
    DnsblFixOption,
    ExitZero,
    Expand,
    FailOn,
    FailOnOption,
    Format,
    FormatOption,
    HeloFixOption,
    Ignore,
    KeyFile,
    PathAndNames,
    Paths,
    Platform,
    Quiet,
    Resolver,
    Reveal,
    Select,
    Service,
    Version,
)

if TYPE_CHECKING:
    from postlint.diagnostics import Diagnostic
    from postlint.request import Request

app = typer.Typer(
    name="postlint",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Read Postfix's main.cf and master.cf as Postfix does, say which lines lose mail, and repair them.",
)

_CLEAN, _FINDINGS, _WRONG_USE, _BUG = 0, 1, 2, 3
# The key that was given: no complaint, and no traceback, may show it.
_HIDDEN: set[str] = set()
# What was written by now: a later failure must not hide it.
_WRITTEN: list[str] = []


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """What stands before a command."""
    if version:
        print(f"postlint {__version__}")
        raise typer.Exit(_CLEAN)
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(_WRONG_USE)


@app.command()
def check(
    context: typer.Context,
    paths: Paths = None,
    stands_for: As = None,
    config_dir: ConfigDir = None,
    select: Select = None,
    ignore: Ignore = None,
    platform: Platform = "auto",
    resolver: Resolver = None,
    postfix_version: Version = None,
    dnsbl_fix: DnsblFixOption = None,
    dqs_key_file: KeyFile = None,
    helo_fix: HeloFixOption = None,
    format: FormatOption = Format.text,
    fail_on: FailOnOption = FailOn.warning,
    exit_zero: ExitZero = False,
    color: ColourOption = Colour.auto,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Print diagnostics. Exit status: 0 nothing, 1 findings, 2 wrong use or unreadable input, 3 a bug in postlint."""
    from postlint.session import Session, fails

    outcome = Session(_request(context), _notes(quiet)).check()
    _print_findings(outcome.diagnostics, outcome.secrets, format, color, quiet, sys.stdout, outcome.suppressed)
    _exit(fails(outcome.diagnostics, fail_on), exit_zero)


@app.command()
def fix(
    context: typer.Context,
    paths: Paths = None,
    diff: Annotated[bool, typer.Option("--diff", help="Print a unified diff and write nothing.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Also apply fixes that may change who gets through.")
    ] = False,
    stands_for: As = None,
    config_dir: ConfigDir = None,
    select: Select = None,
    ignore: Ignore = None,
    platform: Platform = "auto",
    resolver: Resolver = None,
    postfix_version: Version = None,
    dnsbl_fix: DnsblFixOption = None,
    dqs_key_file: KeyFile = None,
    helo_fix: HeloFixOption = None,
    format: FormatOption = Format.text,
    fail_on: FailOnOption = FailOn.warning,
    exit_zero: ExitZero = False,
    color: ColourOption = Colour.auto,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Repair what can be repaired safely, in place, and show what changed. With --diff: print a patch instead.

    What comes from standard input goes to standard output, repaired or not, and all that is said to standard error.

    Exit status: 1 when findings remain; with --diff, 1 exactly when the patch is not empty. 2 and 3 as for check.
    """
    from postlint.output.text import printable, shown_lines
    from postlint.session import Session, fails, patch_notes, report
    from postlint.text import encode, mask_secrets

    session = Session(_request(context), _notes(quiet))
    outcome = session.fix(unsafe_fixes)
    if diff:
        _print_findings(outcome.before, outcome.secrets, format, color, quiet, sys.stderr, outcome.suppressed_before)
        _print_bytes(encode(outcome.patch))
        for note in patch_notes(outcome):
            _notes(quiet)(note)
        failed = bool(outcome.patch)
    else:
        session.write(outcome)
        if outcome.printed is None and outcome.changes:
            _WRITTEN.append(report(outcome)[0])
        stream = sys.stdout
        if outcome.printed is not None:
            _print_bytes(encode(outcome.printed))
            stream = sys.stderr
        if format is Format.text:
            stream.write(shown_lines(outcome.patch, outcome.secrets))
            for line in report(outcome):
                print(printable(line), file=stream)
        _print_findings(outcome.remaining, outcome.secrets, format, color, quiet, stream, outcome.suppressed)
        failed = fails(outcome.remaining, fail_on)
    for drop in outcome.dropped:
        message = f"bug in postlint: the fix of {drop.diagnostic.rule} was not applied, because {drop.reason}"
        _complain(mask_secrets(message, outcome.secrets))
    if outcome.dropped:
        raise typer.Exit(_BUG)
    _exit(failed, exit_zero)


@app.command()
def show(
    words: PathAndNames = None,
    service: Service = None,
    all: All = False,
    expand: Expand = False,
    reveal: Reveal = False,
    stands_for: As = None,
    config_dir: ConfigDir = None,
    postfix_version: Version = None,
    format: FormatOption = Format.text,
    color: ColourOption = Colour.auto,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Print the values in force and the file and line that each comes from, services with their overrides below.

    Exit status: 1 when a line is left out because Postfix dies on it, or a value cannot be expanded; 2 wrong use, an
    unknown NAME, or unreadable input; 3 a bug in postlint.
    """
    from postlint.output.show import render, render_json
    from postlint.request import Request
    from postlint.showing import Selection, path_and_names, run_time_names
    from postlint.showing import show as show_values

    paths, names = path_and_names(words or (), stands_for)
    request = Request(paths, stands_for, config_dir, version=postfix_version)
    note = _notes(quiet)
    outcome = show_values(request, Selection(names, service, all), note)
    mask = (lambda name, text: text) if reveal else outcome.masked
    if format is Format.json:
        sys.stdout.write(render_json(outcome.shown, mask))
    else:
        sys.stdout.write(render(outcome.shown, mask, expand, _coloured(color, sys.stdout)))
        if expand and (unknown := run_time_names(outcome.shown)):
            note(f"worked out by Postfix when it starts, and left as they are: {', '.join(unknown)}")
    for problem in outcome.problems:
        note(problem)
    _exit(bool(outcome.problems), False)


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The name of a rule.")],
    debug: Debug = False,
) -> None:
    """Print the manual page of a rule: what Postfix does, why it hurts, a bad and a good example."""
    from postlint.output.manual import page
    from postlint.session import find_rule

    sys.stdout.write(page(find_rule(rule)))


@app.command()
def rules(debug: Debug = False) -> None:
    """List every rule: name, category, highest severity, fix."""
    from postlint.output.manual import table
    from postlint.rules import ALL

    sys.stdout.write(table(ALL))


def main() -> NoReturn:
    """The console script. The only place that catches what nobody expected."""
    # A short life with few cycles: collecting them costs a tenth of the time.
    gc.disable()
    _prepare_streams()
    try:
        status = app(standalone_mode=False, prog_name="postlint")
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except Exception as error:
        status = _failure(error)
    # Spares the interpreter a last search through everything that is about to vanish.
    gc.freeze()
    sys.exit(status)


def _prepare_streams() -> None:
    """A closed stream swallows what is written to it; characters that a locale lacks are written as escapes."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _failure(error: Exception) -> int:
    """Say what went wrong, in one line, and give the exit status."""
    from postlint.files import InputError

    if isinstance(error, OSError):
        # Whoever read our output has gone, or its disk is full. Python would complain again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, BrokenPipeError):
            return _FINDINGS
        _complain("; ".join((f"error: {error.strerror or error}", *_WRITTEN)))
        return _WRONG_USE
    if isinstance(error, InputError):
        _complain(f"error: {error}")
        return _WRONG_USE
    # typer brings a click of its own, which must not be imported: its errors are known by this method.
    usage_message = getattr(error, "format_message", None)
    if usage_message is not None:
        _complain(f"error: {' '.join(usage_message().split(chr(10)))}")
        return _WRONG_USE
    if "--debug" in sys.argv:
        import traceback

        from postlint.output.text import shown_lines

        sys.stderr.write(shown_lines("".join(traceback.format_exception(error)), frozenset(_HIDDEN)))
    detail = str(error).split("\n")[0]
    _complain(f"bug in postlint: {type(error).__name__}: {detail} (--debug shows the traceback)")
    return _BUG


def _request(context: typer.Context) -> "Request":
    """What the user asked for. `check` and `fix` declare these options for typer; they are all read here, as words."""
    from postlint.request import Request
    from postlint.session import read_key
    from postlint.target import Options

    given = context.params
    key = read_key(given["dnsbl_fix"], given["dqs_key_file"])
    if key is not None:
        _HIDDEN.add(key.text)
    return Request(
        paths=tuple(given["paths"] or ()),
        stands_for=given["stands_for"],
        config_dir=given["config_dir"],
        select=tuple(given["select"] or ()),
        ignore=tuple(given["ignore"] or ()),
        platform=given["platform"],
        resolvers=tuple(given["resolver"] or ()),
        version=given["postfix_version"],
        options=Options(given["dnsbl_fix"], given["helo_fix"], key),
    )


def _notes(quiet: bool) -> Callable[[str], None]:
    return (lambda message: None) if quiet else (lambda message: _complain(f"note: {message}"))


def _complain(message: str) -> None:
    from postlint.output.text import printable
    from postlint.text import mask_secrets

    with contextlib.suppress(OSError):
        sys.stdout.flush()
    print(f"postlint: {printable(mask_secrets(message, frozenset(_HIDDEN)))}", file=sys.stderr)


def _print_bytes(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def _print_findings(
    diagnostics: "Sequence[Diagnostic]",
    secrets: frozenset[str],
    format: Format,
    color: Colour,
    quiet: bool,
    stream: TextIO,
    suppressed: int,
) -> None:
    if format is Format.json:
        from postlint.output.json import render as render_json

        stream.write(render_json(diagnostics, secrets, suppressed))
        return
    from postlint.output.text import render, summary

    stream.write(render(diagnostics, _coloured(color, stream), secrets))
    if (diagnostics or suppressed) and not quiet:
        stream.write(summary(diagnostics, suppressed) + "\n")


def _coloured(color: Colour, stream: TextIO) -> bool:
    wanted = color is Colour.auto and stream.isatty() and not os.environ.get("NO_COLOR")
    return color is Colour.always or wanted


def _exit(failed: bool, exit_zero: bool) -> NoReturn:
    raise typer.Exit(_FINDINGS if failed and not exit_zero else _CLEAN)
