"""What the user asked for, as words, and the files that these name. No front end stands here."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from postlint.facts.spelling import closest
from postlint.files import STANDARD_INPUT, Input, InputError, default_directory, read_inputs, read_stand_in
from postlint.target import Options, PostfixVersion

Note = Callable[[str], None]


class Request(NamedTuple):
    """What the user asked for, as words. Empty paths: the default directory.

    ``stands_for``: "main" or "master", the file of ``config_dir`` that the one path stands for.
    """

    paths: tuple[str, ...] = ()
    stands_for: str | None = None
    config_dir: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    platform: str = "auto"
    resolvers: tuple[str, ...] = ()
    version: str | None = None
    options: Options = Options()


def read_request(request: Request) -> tuple[Input, ...]:
    """What the request names, main.cf and master.cf of each directory. Standard input that stands for no file is a
    main.cf. Raises InputError."""
    paths, name = request.paths, request.stands_for
    if name is None and request.config_dir is not None:
        raise InputError("--config-dir: needs --as main or --as master, and the file that stands for that one of DIR")
    if STANDARD_INPUT in paths and len(paths) > 1:
        raise InputError("-: standard input goes with no other path")
    if name is None and STANDARD_INPUT in paths:
        name = "main"
    if name is None:
        return read_inputs(paths or (default_directory(),))
    if len(paths) != 1:
        raise InputError("--as: takes exactly one path, that of a file or - for standard input")
    return (read_stand_in(paths[0], f"{name}.cf", request.config_dir),)


def oddities(item: Input) -> Iterator[str]:
    """What the user should know about the bytes of the files."""
    for source in item.files.sources:
        if source.text.startswith("\ufeff"):
            yield f"{source.path}: starts with a byte order mark, which Postfix takes as part of the first name"
        if "\0" in source.text:
            line, _ = source.position(source.text.index("\0"))
            yield f"{source.path}:{line}: holds a NUL byte; Postfix loses the rest of that logical line"


def parsed_version(text: str | None) -> PostfixVersion | None:
    """The version that ``--postfix-version`` names. Raises InputError."""
    if text is None:
        return None
    try:
        return PostfixVersion.parse(text)
    except ValueError as error:
        raise InputError(f"--postfix-version: {error}") from error


def version_of(item: Input, version: PostfixVersion | None, note: Note) -> PostfixVersion | None:
    """The version that was told, else on the mail server itself that of the installed package; None: unknown."""
    if version is not None or not item.live:
        return version
    from postlint.host import installed_postfix

    installed = installed_postfix()
    if installed is None:
        return None
    note(f"Postfix {installed.version}: {installed.evidence}")
    return installed.version


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """What goes behind the complaint about an unknown word: the known ones near it, else all."""
    names = frozenset(names)
    near = closest(word, names)
    return f"; did you mean {' or '.join(near)}?" if near else f"; known: {', '.join(sorted(names))}"
