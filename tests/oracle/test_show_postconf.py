"""`postlint show` says of every directory in the corpus what postconf(1) says: the recorded one and the installed one.

Where they differ on purpose:

- postconf leaves out what nothing uses and names it in a warning; show lists whatever is set.
- Of two services with one name master(8) runs the last one, and show lists that one; postconf lists both, and adds up
  the overrides of both under their name.
- Values that are not expanded until they are used, such as default_rbl_reply, stay as they are in an override, too;
  ``postconf -Px`` expands them there, which no daemon does.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from corpus_directories import corpus_directories, read_directory, reread
from preparation import Preparation, with_stock_files
from real_postconf import Answer, ask, hidden_names, masked, squeezed, write_configuration
from shown import VERSION, ShownAll, agrees, installed_defaults, installed_differences, shown_all, shown_here
from test_cli import run

from postlint.configuration.model import canonical_name
from postlint.facts import parameters
from postlint.facts.defaults import Defaults
from postlint.output.show import render, render_json
from postlint.request import Request
from postlint.showing import Selection, show
from postlint.text import decode

# Nothing else of the recording host goes into the answers. CONFDIR stands for the directory of the configuration.
_RECORDED = {
    "config_directory": "CONFDIR",
    "daemon_directory": "/usr/lib/postfix/sbin",
    "html_directory": "/usr/share/doc/postfix/html",
    "mail_version": "3.7.11",
    "manpage_directory": "/usr/share/man",
    "readme_directory": "/usr/share/doc/postfix",
}
_RECORDING_HOST = "vm"
# The defaults that a distribution sets, and those of each patch release.
DISTRIBUTION = frozenset({*_RECORDED, "mail_release_date"})

STOCK = {
    "main.cf": b"myhostname = mx.example.com\nmydestination = $myhostname, localhost.$mydomain\n"
    b"smtpd_banner = $myhostname  ESMTP ${mail_version?{x}}\nalias_maps = ${relayhost:hash:/etc/aliases}\n",
    "master.cf": b"smtp inet n - y - - smtpd -o { smtpd_banner = x  y }\npickup unix n - y 60 1 pickup\n",
}

in_each_directory = pytest.mark.parametrize("directory", corpus_directories(), ids=lambda path: path.name)


@dataclass(frozen=True, slots=True)
class Answers:
    """What postconf says; ``Px`` was not recorded. ``hidden``: the names that -n leaves out."""

    n: dict[str, str]
    nx: dict[str, str]
    M: tuple[str, ...]
    P: dict[str, str]
    Px: dict[str, str] | None
    hidden: set[str]


def recorded(directory: Path) -> Answers | None:
    """None where nothing is recorded, and where postconf died."""
    if not (directory / "oracle.n").is_file() or " -n : rc=1" in (directory / "oracle.err").read_text("latin-1"):
        return None

    def read(option: str) -> Answer:
        lines = decode((directory / f"oracle.{option}").read_bytes()).removesuffix("\n")
        return Answer(tuple(lines.split("\n")) if lines else (), (), failed=False)

    messages = decode((directory / "oracle.err").read_bytes()).split("\n")
    hidden = hidden_names(tuple(line.removeprefix("postconf: ") for line in messages))
    return Answers(read("n").settings, read("nx").settings, read("M").lines, read("P").settings, None, hidden)


def compare(ours: ShownAll, answers: Answers, has_main: bool = True, has_master: bool = True) -> None:
    if has_main:
        shown = {name: text for name, text in answers.n.items() if name != "config_directory" or name in ours.main}
        assert {name: ours.raw.get(name) for name in shown} == shown
        assert {masked(name) for name in ours.raw.keys() - shown.keys()} <= answers.hidden
        for name in shown:
            assert agrees(ours.main[name], answers.nx[name]), (name, ours.main[name], answers.nx[name])
    if has_master:
        lines = [squeezed(line) for line in answers.M]
        replaced = replaced_services(ours, lines)
        assert ours.lines == [line for number, line in enumerate(lines) if number not in replaced]
        twice = {"/".join(lines[number].split(" ")[:2]) for number in replaced}
        told = {name: text for name, text in answers.P.items() if name.rpartition("/")[0] not in twice}
        assert {name: text for name, text in ours.raw_overrides.items() if name.rpartition("/")[0] not in twice} == told
        for name in told if answers.Px is not None else ():
            value = ours.overrides[name]
            if not parameters.is_raw(value.name):
                assert answers.Px is not None
                assert agrees(value, answers.Px[name]), (name, value, answers.Px[name])


def replaced_services(ours: ShownAll, lines: list[str]) -> set[int]:
    """The numbers of the entries that a later one replaces."""
    running = {(canonical_name(service.definition), service.definition.type) for service in ours.services}
    master = ours.effective.configuration.master
    names = [(canonical_name(service), service.type) for service in master.services] if master else []
    assert len(names) == len(lines)
    assert set(names) == running
    return {number for number, name in enumerate(names) if name in names[number + 1 :]}


@pytest.mark.corpus
@in_each_directory
def test_recorded_answers(directory: Path) -> None:
    answers = recorded(directory)
    if answers is None:
        return
    files = read_directory(directory).files
    ours = shown_all(files, _RECORDED, _RECORDING_HOST)
    compare(ours, answers, files.main is not None, files.master is not None)


@pytest.mark.corpus
def test_most_answers_are_recorded() -> None:
    answers = [recorded(directory) for directory in corpus_directories()]
    assert sum(item is not None for item in answers) == 178
    assert sum(len(item.n) for item in answers if item is not None) > 5000
    assert sum(len(item.P) for item in answers if item is not None) > 1000


@pytest.mark.corpus
def test_every_directory_is_printed() -> None:
    for directory in corpus_directories():
        outcome = show(Request((str(directory),)), Selection(), lambda note: None)
        text = render(outcome.shown, outcome.masked, expand=True)
        assert text.count("\n") == len(outcome.shown.values) + len(outcome.shown.services) + bool(
            outcome.shown.main and outcome.shown.services
        )
        assert len(json.loads(render_json(outcome.shown, outcome.masked))["main"]) == len(outcome.shown.main)
        printed = text + render_json(outcome.shown, outcome.masked)
        assert not [secret for secret in outcome.secrets if secret in printed and re.search("[0-9]", secret)]


@pytest.mark.corpus
@pytest.mark.postfix
@in_each_directory
def test_installed_postconf(directory: Path, tmp_path: Path) -> None:
    files = {Path(item.source.path).name: item.data for item in read_directory(directory).read_files}
    prepared = with_stock_files(files)
    preparation = Preparation()
    write_configuration(tmp_path, prepared)
    while fatal := ask(tmp_path, "-n").fatal:
        preparation.learn(fatal)
        prepared = preparation.applied(files)
        write_configuration(tmp_path, prepared)
    compare(shown_here(reread(prepared), tmp_path), asked(tmp_path))


def asked(directory: Path) -> Answers:
    n, nx, services, overrides, expanded = (ask(directory, option) for option in ("-n", "-nx", "-M", "-P", "-Px"))
    assert not n.fatal
    return Answers(
        n.settings, nx.settings, services.lines, overrides.settings, expanded.settings, hidden_names(n.messages)
    )


@pytest.mark.postfix
def test_parameters_of_the_installed_release() -> None:
    defaults = installed_defaults()
    assert Defaults(VERSION).names == defaults.keys()
    # What a distribution sets, and what a later patch release changed.
    assert installed_differences().keys() <= {
        *DISTRIBUTION,
        "milter_default_action",
        "smtp_tls_dane_insecure_mx_policy",
        "tlsproxy_client_policy_maps",
        "tlsproxy_client_security_level",
    }


@pytest.mark.postfix
@pytest.mark.parametrize("name", ["live", "stock"])
def test_the_command_itself(name: str, tmp_path: Path) -> None:
    directory = Path("/etc/postfix")
    if name == "stock":
        directory = tmp_path
        write_configuration(directory, STOCK)
    elif not (directory / "main.cf").is_file():
        pytest.skip("no /etc/postfix/main.cf")
    outcome = run(tmp_path, "show", "--format", "json", "--postfix-version", str(VERSION), str(directory))
    document = json.loads(outcome.out)
    n, nx, services = (ask(directory, option) for option in ("-n", "-nx", "-M"))
    shown = {key: text for key, text in n.settings.items() if key != "config_directory" or key in document["main"]}
    assert {key: squeezed(document["main"][key]["value"]) for key in shown} == shown
    # The command tells the defaults of Postfix itself, and of another host's name nothing.
    others = {*installed_differences(), *(() if name == "live" else ("myhostname", "mydomain")), "config_directory"}
    for key, text in shown.items():
        if not others & set(re.findall(r"\w+", text)):
            assert squeezed(document["main"][key]["expanded"]) == nx.settings[key]
    words = [[item[field] for field in ("name", "type", "command")] for item in document["services"]]
    assert words == [[line.split()[0], line.split()[1], line.split()[7]] for line in services.lines]
