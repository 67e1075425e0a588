"""`postlint show --postfix-version` says of every case and of the corpus what postconf(1) of that version says, and of
the defaults, too.
"""

import os

import pytest
from corpus_directories import reread
from generation_answers import Asked, asked, is_case
from generations import Generation, in_each_generation
from real_postconf import hidden_names
from shown import agrees, differences, shown_all
from test_cases import MASTER_DIES, MISREAD_BY_POSTCONF
from test_show_postconf import DISTRIBUTION, Answers, compare

from postlint.facts.defaults import Defaults
from postlint.host import installed_postfix

pytestmark = pytest.mark.corpus

_EMPTY = {"main.cf": b"", "master.cf": b""}
_LEVELS = ("0", "1", "2", "3.5", "3.6", "3.9", "3.11", "9999")
# Of Debian's own making, or changed by a patch release after the one that is asked.
_OTHER_DEFAULTS = {
    "3.5": set(),
    "3.7": {
        "milter_default_action",
        "smtp_tls_dane_insecure_mx_policy",
        "tlsproxy_client_policy_maps",
        "tlsproxy_client_security_level",
    },
    "3.10": set(),
    "3.11": {
        "default_cache_db_type",
        "default_database_type",
        "meta_directory",
        "tls_eecdh_auto_curves",
        "tls_ffdhe_auto_groups",
    },
}
# postconf 3.11 forgets that it is read-only (src/postconf/postconf_builtin.c); the programs do not.
_FORGOTTEN = "service_name"


def defaults_of(generation: Generation) -> dict[str, str]:
    return generation.ask({"empty": _EMPTY}, ("-d",))["empty"]["-d"].settings


def known_of(generation: Generation) -> dict[str, str]:
    """What is other than recorded in a Postfix, and what postconf takes for its own service's name."""
    defaults = defaults_of(generation)
    named = {name: text for name, text in defaults.items() if name == _FORGOTTEN}
    return differences(defaults, generation.version) | named | {"config_directory": "DIR"}


def answers_of(item: Asked) -> Answers:
    n, nx, services, overrides, expanded = item.answers.values()
    hidden = hidden_names(n.messages)
    values = {name: text for name, text in n.settings.items() if name != _FORGOTTEN}
    if values != n.settings:
        hidden.add(_FORGOTTEN)
    return Answers(values, nx.settings, services.lines, overrides.settings, expanded.settings, hidden)


@in_each_generation
def test_parameters_and_defaults(generation: Generation) -> None:
    defaults = defaults_of(generation)
    assert Defaults(generation.version).names == defaults.keys()
    other = differences(defaults, generation.version).keys() - DISTRIBUTION
    assert other == _OTHER_DEFAULTS[f"{generation.version}"]


@in_each_generation
def test_defaults_at_each_compatibility_level(generation: Generation) -> None:
    known = known_of(generation)
    files = {level: {"main.cf": f"compatibility_level = {level}\n".encode(), "master.cf": b""} for level in _LEVELS}
    for level, answers in generation.ask(files, ("-x",)).items():
        ours = shown_all(reread(files[level]), known, os.uname().nodename, generation.version)
        values = {value.name: value for value in ours.effective.shown(defaults=True).values}
        told = answers["-x"].settings
        assert values.keys() == told.keys()
        assert {name: value for name, value in values.items() if not agrees(value, told[name])} == {}, level


@in_each_generation
def test_values_of_every_case_and_of_the_corpus(generation: Generation) -> None:
    known = known_of(generation)
    compared = 0
    for name, rounds in asked(generation).items():
        item = rounds[-1]
        if not item.is_read or name.removeprefix("case-") in MASTER_DIES | MISREAD_BY_POSTCONF:
            assert is_case(name)
            continue
        ours = shown_all(reread(dict(item.files)), known, os.uname().nodename, generation.version)
        try:
            compare(ours, answers_of(item))
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        compared += 1
    assert compared >= 250


@in_each_generation
def test_list_of_packages_tells_the_version(generation: Generation) -> None:
    found = installed_postfix(generation.root)
    assert found is not None
    assert found.version == generation.version
