"""Configurations out of the language's pieces: postlint reads in them what the installed postconf(1) reads."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from real_postconf import Answer, ask, hidden_names, masked, squeezed, write_configuration
from shown import is_misread

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.syntax.nodes import ServiceDefinition
from postlint.text import Source, decode

pytestmark = pytest.mark.postfix

several_examples = settings(
    max_examples=int(os.environ.get("POSTLINT_EXAMPLES", "60")), deadline=None, derandomize="CI" in os.environ
)

# Built-in names, which postconf shows, of parameters that it does not act on itself.
_PARAMETERS = (
    b"alias_maps",
    b"content_filter",
    b"header_checks",
    b"luser_relay",
    b"mail_name",
    b"mydestination",
    b"myorigin",
    b"relayhost",
    b"smtpd_banner",
    b"smtpd_client_restrictions",
    b"smtpd_helo_required",
)
# What Python, other parsers or people take for something that it is not to Postfix.
ODD = (
    *(bytes([number]) for number in (0, 1, 0x1B, 0x1C, 0x1F, 0x7F, 0x85, 0xA0, 0xFF)),
    *(text.encode() for text in ("\u0085", "\u00a0", "\u2028", "\u3000", "\ufeff", "ä")),
    *(b"\\", b'"', b"'", b"#", b";", b"=", b"==", b",", b"{", b"}", b"(", b"$$", b"[", b"]", b"!", b":"),
)
_WORDS = (
    b"a",
    b"bb",
    b"permit",
    b"hash:/x",
    b"$queue_directory",
    b"${queue_directory}",
    b"{ a = b }",
    b"127.0.0.1/8",
    b"b=c",
)
_BLANKS = (b" ", b" ", b"\t", b"\r", b"\v", b"\f")

Bytes = st.SearchStrategy[bytes]


def sequence(*parts: Bytes | bytes) -> Bytes:
    """The parts one behind the other."""
    return st.tuples(*(st.just(part) if isinstance(part, bytes) else part for part in parts)).map(b"".join)


def repeated(part: Bytes, least: int, most: int) -> Bytes:
    return st.lists(part, min_size=least, max_size=most).map(b"".join)


def rarely(part: Bytes) -> Bytes:
    """One time out of ten. postconf takes a second to die, so what it dies of is rare."""
    return st.integers(0, 9).flatmap(lambda number: part if number == 5 else st.just(b""))


blanks = repeated(st.sampled_from(_BLANKS), 0, 3)
some_blanks = repeated(st.sampled_from(_BLANKS), 1, 3)
words = repeated(st.sampled_from(_WORDS) | st.sampled_from(ODD), 1, 4)
texts = repeated(words | some_blanks, 0, 5)
trivia = sequence(blanks, b"#", texts, b"\n") | sequence(blanks, b"\n")
continuations = sequence(some_blanks, texts, b"\n")
more_lines = repeated(continuations | trivia, 0, 4)

equals = sequence(blanks, b"=", blanks) | st.just(b"\n =") | st.just(b"\n# x\n\t=")
definitions = sequence(st.sampled_from(_PARAMETERS), equals, texts, b"\n", more_lines)
odd_definitions = sequence(words, st.sampled_from((b"", *_PARAMETERS)), equals, texts, b"\n", more_lines)
main_files = sequence(
    rarely(continuations),
    repeated(definitions | trivia, 0, 4),
    rarely(odd_definitions | sequence(texts, b"\n")),
    repeated(definitions | trivia, 0, 3),
    st.sampled_from((b"", b"mail_name=x", b"mail_name = x\n y", b"# x", b" ")),
)

field_separators = st.sampled_from(
    (b" ", b"  ", b"\t", b"\r ", b"\n ", b"\n\t", b"\n# x\n ", b"\n\n ", b" \n #x -o a=b\n\t")
)
override_names = st.sampled_from((*_PARAMETERS, b"x", b"bare_lf", b"a.b/c", b"$x", b"\xc3\xa4"))
short_values = repeated(words | st.just(b"\v") | st.just(b"\f"), 0, 2)


def without_o(part: Bytes) -> Bytes:
    """postconf cuts a word like -oNAME=VALUE at the next "o" in it, which the daemons do not."""
    return part.map(lambda text: text.replace(b"o", b"0"))


long_settings = sequence(b"{", blanks, override_names, blanks, b"=", blanks, texts, b"}")
# Options other than -o have no values here: postconf takes the value for the end of the options, getopt(3) does not.
options = st.one_of(
    *(
        sequence(option, field_separators, setting)
        for option in (b"-o", b"-o", b"-vo", b"-Do", b"-vvo")
        for setting in (sequence(override_names, b"=", short_values), long_settings)
    ),
    sequence(b"-o", without_o(sequence(override_names, b"=", short_values))),
    sequence(b"-o", without_o(sequence(b"{", blanks, override_names, b" = ", blanks, override_names, b" }"))),
    sequence(b"-o", field_separators, override_names),
    sequence(b"-o", field_separators, override_names, b" = ", words),
    sequence(b"-o", field_separators, override_names, b"= ", words),
    sequence(b"-o", field_separators, override_names, b" =", words),
    st.sampled_from((b"-v", b"-D", b"-o {}", b"-o { =x }", b"-o {x}", b"-o =x", b"-o {a=b", b"-o {a=b}c")),
)
arguments = st.sampled_from((b"-", b"--", b"{ a b }", b"}", b"-o", b"flags=F", b"{a b}c", b"{a")) | words
services = sequence(
    st.sampled_from((b"inet", b"unix", b"unix-dgram", b"fifo", b"pass")),
    *(part for field in range(3) for part in (field_separators, st.sampled_from((b"y", b"n", b"-")))),
    *(field_separators, st.sampled_from((b"-", b"-?", b"0", b"60", b"60?"))),
    *(field_separators, st.sampled_from((b"-", b"0", b"12"))),
    *(field_separators, st.sampled_from((b"smtpd", b"/usr/lib/postfix/sbin/smtpd", b"{smtpd}", b"\xff", b"-o"))),
    repeated(sequence(field_separators, options), 0, 4),
    rarely(sequence(field_separators, arguments)),
    repeated(sequence(field_separators, options), 0, 1),
    repeated(field_separators, 0, 1),
    b"\n",
    repeated(trivia, 0, 2),
)
bad_services = st.sampled_from(
    (
        b"tcp - - - - - - smtpd\n",
        b"inet n - -\n",
        b"inet no - - - - - smtpd\n",
        b"unix - - - 5m - x\n",
        b"unix - - - - 1k x\n",
    )
)
service_names = st.permutations((b"smtp", b"10025", b"[::1]:10026", b"host:10027", b"a=b", b"\xc3\xa4", b"private/x"))


@st.composite
def master_files(draw: st.DrawFn) -> bytes:
    """No two services with one name: postconf adds up the overrides of both, master(8) runs the last one."""
    entries = [draw(rarely(continuations))]
    for name in draw(service_names)[: draw(st.integers(1, 4))]:
        entries.append(name + draw(field_separators) + draw(services))
    if draw(st.integers(0, 19)) == 7:
        entries.insert(1, b"bad " + draw(bad_services))
    return b"".join(entries).removesuffix(draw(st.sampled_from((b"", b"\n"))))


def answer_to(option: str, files: dict[str, bytes]) -> Answer:
    with TemporaryDirectory() as folder:
        write_configuration(Path(folder), files)
        return ask(Path(folder), option)


def configuration_of(files: dict[str, bytes]) -> Configuration:
    sources = {name: Source(name, decode(data)) for name, data in files.items()}
    return Configuration(ConfigurationFiles(sources["main.cf"], sources["master.cf"]))


@several_examples
@given(main_files)
def test_values_in_main_cf(main: bytes) -> None:
    files = {"main.cf": main, "master.cf": b""}
    answer = answer_to("-n", files)
    event(f"postconf dies: {bool(answer.fatal)}")
    configuration = configuration_of(files)
    assert configuration.main is not None
    errors = [
        f"main.cf, line {configuration.main.source.position(line.span.start)[0]}: {line.reason}: "
        for line in configuration.main.malformed_lines
    ]
    if answer.fatal or errors:
        assert errors
        assert errors[0] in str(answer.fatal)
        return
    shown = {name: value for name, value in answer.settings.items() if name != "config_directory"}
    ours = {name: squeezed(node.value.text) for name, node in configuration.definitions.items()}
    assert {name: ours.get(name) for name in shown} == shown
    assert {masked(name) for name in ours.keys() - shown.keys()} <= hidden_names(answer.messages)


@several_examples
@given(master_files())
def test_services_and_overrides_in_master_cf(master: bytes) -> None:
    # A brace that nothing closes may bring the "o" of another word into one.
    read = configuration_of({"main.cf": b"", "master.cf": master}).master
    assume(read is None or not any(map(is_misread, read.services)))
    answer = compare_master(master)
    event(f"postconf dies: {bool(answer.fatal)}")
    event(f"overrides: {len(answer.settings)}")


def compare_master(master: bytes) -> Answer:
    """Assert that postlint reads what postconf -P and -M show; the answer to -P."""
    files = {"main.cf": b"", "master.cf": master}
    answer = answer_to("-P", files)
    configuration = configuration_of(files)
    assert configuration.master is not None
    broken = [(service, service.fatal) for service in configuration.master.services if service.fatal]
    errors = [error_of(service, reason) for service, reason in broken if "}'" not in reason]
    if answer.fatal or errors:
        assert errors
        assert errors[0] in str(answer.fatal)
        return answer
    # Where a brace is missing, postconf warns and goes on; master(8) dies, so the entry counts as absent.
    for _, reason in broken:
        assert f"warning: master.cf: {masked(reason)}" in answer.messages
    absent = tuple(f"{service.identity}/" for service, _ in broken)
    assert {
        f"{identity}/{name}": squeezed(override.value.text)
        for identity, view in configuration.service_views.items()
        for name, override in view.overrides.items()
    } == {name: value for name, value in answer.settings.items() if not name.startswith(absent)}
    lines = [squeezed(line) for line in answer_to("-M", files).lines]
    for line, service in zip(lines, configuration.master.services, strict=True):
        assert line.startswith(squeezed(" ".join(field.text for field in service.fields)))
    return answer


def error_of(service: ServiceDefinition, reason: str) -> str:
    """What postconf says: the line for a wrong number of fields, else the field and the line's text."""
    if reason == "bad field count":
        return f"master.cf: line {service.source.position(service.span.start)[0]}: {reason}"
    return f"{masked(reason)} in "


@pytest.mark.parametrize(
    "arguments",
    [
        "-o a=b -o a=c",
        "-o { a = b  c } -o {d=e}",
        "-oa=b -o{ c = d } -vo e=f -vvo { g = h }",
        "-o a -o b = c",
        "-o a= b -o c=d",
        "-o {} -o { = } -o {x} -o = -o c=d",
        "-o a={ b c } -o d=x{e f}y",
        "-o a=b, c -o d=e",
        "-o a=b -- -o c=d",
        "-o a=b - -o c=d",
        "-o a=b x -o c=d",
        "-o a=b { x } -o c=d",
        "-o a=b -o",
        "{-o} a=b -o c=d",
        "-v {-o} a=b",
    ],
)
def test_form_of_an_override(arguments: str) -> None:
    compare_master(f"smtp inet n - n - - smtpd {arguments}\n".encode())


@pytest.mark.parametrize(
    "arguments",
    ["{ x }", "x }", "x{ y", "-o a={b", "-o {a=b", "-o {a=b}c", "-o a=b {x}y", "x { y"],
)
def test_argument_that_master_dies_of_is_fatal(arguments: str) -> None:
    """master(8) dies of what postconf only warns about (src/master/master_ent.c, get_master_ent)."""
    files = {"main.cf": b"", "master.cf": f"smtp inet n - n - - smtpd {arguments}\n".encode()}
    answer = answer_to("-M", files)
    configuration = configuration_of(files)
    assert configuration.master is not None
    (service,) = configuration.master.services
    reasons = [
        line.removeprefix("warning: master.cf: ") for line in answer.messages if "}' in " in line or "after '}'" in line
    ]
    assert service.fatal == (reasons[0] if reasons else None)


def test_word_with_a_brace_inside_does_not_stop_master() -> None:
    """A group for master(8) is what starts with a brace (src/master/master_ent.c); postconf warns all the same."""
    configuration = configuration_of({"main.cf": b"", "master.cf": b"smtp inet n - n - - smtpd -o{a=b}c\n"})
    assert configuration.master is not None
    assert [service.fatal for service in configuration.master.services] == [None]
