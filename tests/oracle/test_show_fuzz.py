"""Random configurations: `postlint show` says of them what the installed postconf(1) says."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, event, given, settings
from language import BROKEN, main_files, master_files
from real_postconf import Answer, ask, hidden_names, masked, squeezed, write_configuration
from shown import ShownAll, agrees, is_misread, printed, shown_here

from postlint.configuration.effective import Value
from postlint.configuration.model import ConfigurationFiles
from postlint.facts import parameters
from postlint.text import Source, decode

pytestmark = pytest.mark.postfix

# A development run agreed on 10,000; `make fuzz` tries as many.
random_examples = settings(
    max_examples=int(os.environ.get("POSTLINT_EXAMPLES", "60")),
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@random_examples
@given(main_files(), master_files())
def test_random_configurations(main: bytes, master: bytes) -> None:
    problem, _ = compare(main, master)
    event(f"postconf dies of {problem or 'nothing'}")


def compare(main: bytes, master: bytes = b"") -> tuple[str | None, ShownAll]:
    """Assert that show says what postconf -n, -nx, -M, -P and -Px say; what postconf dies of, if it does."""
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        write_configuration(directory, {"main.cf": main, "master.cf": master})
        files = ConfigurationFiles(Source("main.cf", decode(main)), Source("master.cf", decode(master)))
        ours = shown_here(files, directory)
        return compare_raw(ours, directory), ours


def compare_raw(ours: ShownAll, directory: Path) -> str | None:
    """What postconf dies of, if it does."""
    if any(is_misread(service.definition) for service in ours.services):
        return "nothing, but misreads a word"
    n = ask(directory, "-n")
    if n.fatal is not None and n.fatal != "macro processing error" and "bad conversion" not in n.fatal:
        assert ours.effective.configuration.fatal_sources, n
        return "a line"
    # It looks for tables in the values of built-in parameters, and expands them for that.
    sought = [value for value in (*ours.main.values(), *ours.overrides.values()) if is_sought(ours, value)]
    errors = [value for value in sought if value.expansion.error]
    master = ours.effective.configuration.master
    if n.failed and not errors and master is not None and any(service.fatal for service in master.services):
        return "a value of an entry that master dies on"
    # A comparison that compares itself makes it run out of stack: it dies without a word.
    assert n.failed == bool(errors), (n, errors)
    if n.failed:
        return "a value that it looks through"
    shown = {name: text for name, text in n.settings.items() if name != "config_directory"}
    assert {name: ours.raw.get(name) for name in shown} == shown
    assert {masked(name) for name in ours.raw.keys() - shown.keys()} <= hidden_names(n.messages)
    return compare_expanded([ours.main[name] for name in shown], ask(directory, "-nx")) or compare_services(
        ours, directory
    )


def is_sought(ours: ShownAll, value: Value) -> bool:
    defaults = ours.effective.defaults
    return value.name in defaults.names and not parameters.is_raw(value.name)


def compare_expanded(values: list[Value], answer: Answer) -> str | None:
    if any(value.expansion.error for value in values):
        assert answer.failed
        return "a value that it shows"
    assert not answer.failed
    for value in values:
        text = answer.settings[value.name]
        assert agrees(value, text), (value, text)
    return None


def compare_services(ours: ShownAll, directory: Path) -> str | None:
    services, overrides = ask(directory, "-M"), ask(directory, "-P")
    master = ours.effective.configuration.master
    assert master is not None
    absent = [service for service in master.services if service.fatal]
    running = [line for line, service in zip(services.lines, master.services, strict=True) if not service.fatal]
    for line, service in zip(running, ours.services, strict=True):
        # Where an argument is a lone "-", postconf reads beyond its end.
        if all(argument.text != "-" for argument in service.definition.arguments):
            assert printed(service.definition) == squeezed(line)
    away = tuple(f"{service.identity}/" for service in absent)
    shown = {name: text for name, text in overrides.settings.items() if not name.startswith(away)}
    assert ours.raw_overrides == shown
    if any(value.expansion.error for value in ours.overrides.values()) or absent:
        return "an override"
    expanded = ask(directory, "-Px")
    assert not expanded.fatal
    for name, value in ours.overrides.items():
        if not parameters.is_raw(value.name):
            assert agrees(value, expanded.settings[name]), (name, value, expanded.settings[name])
    return None


def test_broken_forms() -> None:
    """All at once: postconf sleeps for a second when it dies."""
    with ThreadPoolExecutor(len(BROKEN)) as pool:
        problems = pool.map(lambda text: compare(b"mydestination = " + text + b"\n")[0], BROKEN)
    died = dict(zip(BROKEN, problems, strict=True))
    assert [text for text, problem in died.items() if problem is None] == list(BROKEN[-2:])


# Forms that people, and other parsers, read otherwise.
FORMS = (
    (b"${ }", b""),
    (b"${:x}", b"x"),
    (b"$( a ?{x}: {y} )", b"x"),
    (b"${a?x:{y}}", b"x:{y}"),
    (b"${e?x}${e:y}", b"y"),
    (b"${a?{x}}${a:{y}}", b"x"),
    (b"${a? x }", b" x"),
    (b"${{09}=={9}}", b"true"),
    (b"${{a}=={a }}", b""),
    (b"${{10}<{9x}?{string}:{number}}", b"string"),
    (b"${{9}<{09}?{less}:${{9}<={09}?{equal}}}", b"equal"),
    (b"${{3.10}>level{3.9}?{level}}", b"level"),
    (b"${{3.10}>{3.9}?{level}:{string}}", b"string"),
    (b"$$a $a$$", b"$a 1$"),
    (b"$a-b $a.b ${a}b", b"1-b 1.b 1b"),
    (b"${a?$(b)}${b?(}", b""),
    (b"$(a?}{)", b"}{"),
    (b"${a?\n# no }\n {x}}", b"x"),
)


def test_forms() -> None:
    names = ("alias_maps", "content_filter", "header_checks", "mail_name", "mydestination", "myorigin", "relayhost")
    for start in range(0, len(FORMS), len(names)):
        forms = FORMS[start : start + len(names)]
        lines = b"".join(name.encode() + b" = " + text + b"\n" for name, (text, _) in zip(names, forms, strict=False))
        problem, ours = compare(b"a = 1\n" + lines)
        assert problem is None
        found = [ours.main[name].expansion.text for name, _ in zip(names, forms, strict=False)]
        assert [squeezed(text) for text in found] == [squeezed(decode(text)) for _, text in forms]


def test_comparison_of_itself() -> None:
    """mac_expand() counts levels anew in a comparison, so that nothing stops postconf before its stack ends."""
    for text in (b"${{$mydestination} == {x}}", b"${a?{${{$mydestination} != {x} ? {y}}}}"):
        problem, ours = compare(b"a = 1\nmydestination = " + text + b"\n")
        assert problem == "a value that it looks through"
        assert ours.main["mydestination"].expansion.error == 'unreasonable macro call nesting: "mydestination"'


def test_blanks_inside_brackets_are_four() -> None:
    """VT and FF are blanks around a name of main.cf, and none around a name in brackets."""
    for blank in (b"\v", b"\f"):
        problem, ours = compare(b"a = 1\nmydestination = ${" + blank + b"a}\n")
        assert problem == "a value that it looks through"
        assert ours.main["mydestination"].expansion.error is not None
