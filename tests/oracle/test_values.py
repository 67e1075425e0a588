"""bad-value against the real programs: on which values of each kind of parameter they die, and on which not.

One parameter stands for all with the same bounds; with POSTLINT_EXAMPLES of 1,000 or more all of them are tried with
each program that reads them. `make values` does that.
"""

import os
from collections.abc import Iterator

import pytest
from real_programs import BASE, Programs, programs

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Severity
from postlint.engine.lint import lint
from postlint.facts.parameters import came_with, parameter_names, removed_in
from postlint.facts.values import EVERY, Bounds, bounds, words
from postlint.rules.bad_value import bad_value
from postlint.target import PostfixVersion, Target
from postlint.text import Source

pytestmark = [pytest.mark.postfix, pytest.mark.root]

FULL = int(os.environ.get("POSTLINT_EXAMPLES", "0")) >= 1000
BOOLEANS = ("yes", "YES", "nO", "", "no;", "true", "1", "on", "yes please", "y", "$empty", "$mail_name")
NUMBERS = (
    "",
    "+5",
    "-1",
    "-0",
    "0",
    "00012",
    "12 x",
    "$blank 12",
    "0x10",
    "1e3",
    "12.0",
    "12M",
    "12;",
    "1,200",
    "99" * 9,
)
LARGE = ("2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807", "9223372036854775808")
TIMES = ("5m", "5 m", "5mx", "5minutes", "s", "w", "5S", "5x", "1.5h", "m5", "-5s", "35791394m", "35791395m", "3550w")
SERVICES = {
    "bounce": "bounce unix - - n - 0 bounce",
    "cleanup": "cleanup unix n - n - 0 cleanup",
    "flush": "flush unix n - n 1000? 0 flush",
    "lmtp": "lmtp unix - - n - - lmtp",
    "local": "local unix - n n - - local",
    "postscreen": "smtp inet n - n - 1 postscreen",
    "qmqpd": "628 inet n - n - - qmqpd",
    "scache": "scache unix - - n - 1 scache",
    "smtp": "smtp unix - - n - - smtp",
    "smtpd": "smtp inet n - n - - smtpd",
    "tlsmgr": "tlsmgr unix - - n 1000? 1 tlsmgr",
    "tlsproxy": "tlsproxy unix - - n - 0 tlsproxy",
    "trivial-rewrite": "rewrite unix - - n - - trivial-rewrite",
    "verify": "verify unix - - n - 1 verify",
    "virtual": "virtual unix - n n - - virtual",
    "qmgr": "qmgr unix n - n 300 1 qmgr",
}
# A program dies on these for reasons that have to do with the host, or only after it started.
BEYOND = {
    "config_directory",
    "daemon_directory",
    "data_directory",
    "queue_directory",
    "mail_owner",
    "setgid_group",
    "default_privs",
    "myhostname",
    "virtual_mailbox_base",
}


def bounds_of(known: Bounds) -> Iterator[str]:
    for bound in (known.least, known.most):
        if bound is not None:
            yield from (f"{bound - 1}", f"{bound}", f"{bound + 1}")
            yield from (f"{bound - 1}s", f"{bound}s", f"{bound + 1}s") if known.kind == "time" else ()


def values_of(name: str, program: str, every: bool) -> Iterator[str]:
    """Values of all shapes; without ``every`` those that lie around the bounds."""
    known = bounds(name)
    if known is None or known.kind == "text":
        yield ""
        yield from word_values(name, program, every)
        return
    yield from bounds_of(known)
    if every:
        shapes = {"boolean": BOOLEANS, "number": (*NUMBERS, *LARGE), "time": (*NUMBERS, *LARGE, *TIMES)}
        yield from shapes[known.kind]


def word_values(name: str, program: str, every: bool) -> Iterator[str]:
    known = words(name)
    if known is None or not dies_early(name, program):
        return
    first = known.words[0]
    yield from (first, f"{first}x")
    if every:
        # Linux has no facility called security.
        yield from (word for word in (*known.words, *known.instead) if word != "security")
        yield from (first.upper(), f"{first}, {known.words[-1]}", f"{first},", f"{first};")
        yield from ("none of these", ",", f"{{ {first} }}")


def dies_early(name: str, program: str) -> bool:
    """Whether a word is looked at when a program starts, or when smtpd has a client."""
    known = words(name)
    return known is not None and (known.dies == "start" or (name, program) == ("notify_classes", "smtpd"))


def reads(program: str, name: str) -> bool:
    """Whether the value is looked at by a program when it starts."""
    readers = set(known.programs) if (known := bounds(name)) else set()
    known_words = words(name)
    if known_words is not None and dies_early(name, program):
        readers |= known_words.programs
    return program in readers or (EVERY in readers and program == "smtpd")


def names(program: str, version: PostfixVersion) -> Iterator[tuple[str, bool]]:
    """The parameters that a program reads, and whether values of all shapes are tried; without FULL one parameter for
    each pair of bounds, and all shapes for one of each kind.
    """
    seen: set[object] = set()
    for name in sorted(parameter_names()):
        known = bounds(name)
        if name in BEYOND or not reads(program, name) or came_with(name, version) or removed_in(name, version):
            continue
        kind = known and (known.kind, known.bits)
        alike = name if words(name) else known and (kind, known.least, known.most, known.reply_code)
        if FULL or alike not in seen:
            yield name, FULL or kind not in seen
        seen |= {alike, kind}


@pytest.fixture(scope="module")
def installed() -> Iterator[Programs]:
    with programs() as found:
        yield found


@pytest.mark.parametrize("program", SERVICES if FULL else ("cleanup", "local", "smtp", "smtpd"))
def test_programs_die_exactly_on_bad_values(program: str, installed: Programs) -> None:
    if not installed.has(program):
        pytest.skip(f"{program} is not installed")
    version = PostfixVersion.parse(installed.version)
    tried, wrong = 0, []
    for name, every in names(program, version):
        for value in dict.fromkeys(values_of(name, program, every)):
            line = f"blank =\nempty =\n{name} = {value}\n"
            files = ConfigurationFiles(Source("main.cf", BASE + line), Source("master.cf", f"{SERVICES[program]}\n"))
            found = lint(files, Target(version), rules=[bad_value]).diagnostics
            error = any(item.severity is Severity.ERROR for item in found)
            said = installed.complaint(program, line)
            tried += 1
            if error != (said is not None):
                wrong.append(f"{name} = {value}: {[item.message for item in found]}, {said}")
    assert tried > 20
    assert "\n".join(wrong) == ""


@pytest.mark.parametrize(
    ("sites", "dies"),
    [
        ("zen.spamhaus.org=127.0.0.[2..11]*2, bl.spamcop.net*-1", False),
        ("zen.spamhaus.org*+3 bl.spamcop.net=[127.0.0.2]*0", False),
        ("zen.spamhaus.org*x", True),
        ("bl.spamcop.net, zen.spamhaus.org*", True),
        ("zen.spamhaus.org*2=127.0.0.2", True),
        ("zen.spamhaus.org*1.5", True),
        ("zen.spamhaus.org=127.0.2*0", True),
        ("zen.spamhaus.org=127.0.0.2-11", True),
        ("zen.spamhaus.org=*2", True),
        ("zen.spamhaus.org= 127.0.0.2", True),
        ("zen.spamhaus.org=${empty}*1, psbl.surriel.com", True),
        ("zen.spamhaus.org * 2", True),
        ("zen.spamhaus.org # the big one", True),
        ("=127.0.0.2", True),
        ("zen.spamhaus.org=127.0.0.N", False),
        (f"zen.spamhaus.org=127.0.0.{'0' * 5000}2", False),
        ("zen.spamhaus.org*99999999999", False),
        ("Zen.SpamHaus.org, a_b.example, 1.example, -a.example", True),
        ("Zen.SpamHaus.org, a_b.example, 1.example", False),
        ("zen.spamhaus.org.", True),
        (".zen.spamhaus.org", True),
        ("127.0.0.1", True),
        ("b\u00fccher.example", True),
        (f"{'a' * 63}.example", False),
        (f"{'a' * 64}.example", True),
        ("zen.spamhaus.org;", True),
        ("zen.spamhaus.org*007, bl.spamcop.net*-0", False),
    ],
)
def test_postscreen_dies_on_a_site_that_it_cannot_read(sites: str, dies: bool, installed: Programs) -> None:
    line = f"empty =\npostscreen_dnsbl_sites = {sites}\n"
    files = ConfigurationFiles(Source("main.cf", BASE + line), Source("master.cf", f"{SERVICES['postscreen']}\n"))
    found = [item.message for item in lint(files, rules=[bad_value]).diagnostics]
    said = installed.complaint("postscreen", line)
    assert ("bad DNSBL" in str(said)) is dies
    assert [message.endswith(": postscreen dies at start") for message in found] == [True] * dies
