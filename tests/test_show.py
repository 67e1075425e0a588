"""`postlint show`, run as its users run it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT
from test_cli import MASTER, Outcome, configure, run
from test_secrets import CONFIGURATIONS, KEY, PASSWORD, PASSWORDS

from postlint.configuration.effective import EffectiveValues
from postlint.configuration.expansion import Expander, Expansion, RunTime
from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.facts.defaults import Defaults
from postlint.host import host_name
from postlint.target import PostfixVersion
from postlint.text import Source

MAIN = """\
# Who we are.
myhostname = mx.example.com
mydestination = $myhostname,
    # the old name
    example.com
relayhost =
smtpd_banner = $myhostname  ESMTP
dept = ${relayhost?{relayed}:{direct}}
header_checks = pcre:/etc/postfix/$dept
myhostname = mail.example.com
"""
SERVICES = """\
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd -v
  # for our own
  -o syslog_name=postfix/$service_name -o smtpd_banner=hello
  -o { myhostname = submit.example.com }
  -o smtpd_banner=
pickup    unix  n       -       y       60      1       pickup
mailman   unix  -       n       n       -       -       pipe
  flags=FRX user=list argv=/usr/lib/mailman ${nexthop}
"""
TEXT = """\
conf/main.cf:8    dept = ${relayhost?{relayed}:{direct}}
conf/main.cf:9    header_checks = pcre:/etc/postfix/$dept
conf/main.cf:3    mydestination = $myhostname, example.com
conf/main.cf:10   myhostname = mail.example.com
conf/main.cf:6    relayhost =
conf/main.cf:7    smtpd_banner = $myhostname ESMTP

conf/master.cf:1  smtp inet n - y - - smtpd
conf/master.cf:2  submission inet n - y - - smtpd -v
conf/master.cf:5      myhostname = submit.example.com
conf/master.cf:6      smtpd_banner =
conf/master.cf:4      syslog_name = postfix/$service_name
conf/master.cf:7  pickup unix n - y 60 1 pickup
conf/master.cf:8  mailman unix - n n - - pipe flags=FRX user=list argv=/usr/lib/mailman ${nexthop}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    configure(tmp_path / "conf", MAIN, SERVICES)
    return tmp_path


def document(folder: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(folder, "show", "--format", "json", *arguments).out)
    return found


def lines(folder: Path, *arguments: str) -> list[str]:
    """The lines of a run that has nothing to complain of, the origin and the rest."""
    outcome = run(folder, "show", *arguments)
    assert (outcome.status, outcome.err) == (0, "")
    return [re.sub(" {2,}", "  ", line) for line in outcome.out.split("\n")[:-1]]


# Text.


def test_everything_that_is_set(folder: Path) -> None:
    assert run(folder, "show", "conf") == Outcome(0, TEXT, "")
    assert run(folder, "show", "conf/main.cf") == Outcome(0, TEXT, "")
    assert run(folder, "show", variables={"MAIL_CONFIG": "conf"}) == Outcome(0, TEXT, "")
    assert run(folder / "conf", "show", ".").out == re.sub("conf/(.*?) {2}", r"\1  ", TEXT).replace("conf/", "")


def test_names(folder: Path) -> None:
    assert lines(folder, "conf", "mydestination", "mail_owner") == [
        "conf/main.cf:3  mydestination = $myhostname, example.com",
        "default  mail_owner = postfix",
    ]
    assert lines(folder, "conf", "smtpd_banner", "smtpd_banner", "syslog_name") == [
        "conf/main.cf:7  smtpd_banner = $myhostname ESMTP",
        "default  syslog_name = ${multi_instance_name?{$multi_instance_name}:{postfix}}",
        "",
        "conf/master.cf:2  submission inet n - y - - smtpd -v",
        "conf/master.cf:6  smtpd_banner =",
        "conf/master.cf:4  syslog_name = postfix/$service_name",
    ]


def test_expanded(folder: Path) -> None:
    assert lines(folder, "--expand", "conf", "mydestination", "header_checks", "mail_name") == [
        "conf/main.cf:3  mydestination = mail.example.com, example.com",
        "conf/main.cf:9  header_checks = pcre:/etc/postfix/direct",
        "default  mail_name = Postfix",
    ]


def test_as_a_service_sees_them(folder: Path) -> None:
    assert lines(
        folder, "conf", "-x", "--service", "submission/inet", "mydestination", "smtpd_banner", "myhostname"
    ) == [
        "conf/main.cf:3  mydestination = submit.example.com, example.com",
        "conf/master.cf:6  smtpd_banner =",
        "conf/master.cf:5  myhostname = submit.example.com",
        "",
        "conf/master.cf:2  submission inet n - y - - smtpd -v",
        "conf/master.cf:6  smtpd_banner =",
        "conf/master.cf:5  myhostname = submit.example.com",
    ]
    everything = lines(folder, "conf", "--service", "submission/inet")
    assert "conf/master.cf:4  syslog_name = postfix/$service_name" in everything
    assert not any("pickup" in line for line in everything)


def test_first_word_is_a_path_when_it_can_be_no_name(folder: Path) -> None:
    configure(folder / "conf" / "mydestination", "mail_name = other\n")
    inside = folder / "conf"
    assert run(inside, "show", "mydestination", variables={"MAIL_CONFIG": "."}).out.startswith("main.cf:3  mydest")
    assert run(inside, "show", "-q", "./mydestination").out == "./mydestination/main.cf:1  mail_name = other\n"
    assert run(inside, "show", "main.cf", "relayhost").out == "main.cf:6  relayhost =\n"


def test_run_time_names_stay(tmp_path: Path) -> None:
    configure(tmp_path / "conf", "mydestination = $myhostname, ${mydomain?x}\n", MASTER)
    assert run(tmp_path, "show", "-x", "conf", "mydestination", "mynetworks", "myorigin") == Outcome(
        0,
        "conf/main.cf:1  mydestination = $myhostname, x\n"
        "default         mynetworks (worked out when Postfix starts)\n"
        "default         myorigin = $myhostname\n",
        "postlint: note: worked out by Postfix when it starts, and left as they are: myhostname, mynetworks\n",
    )


def test_defaults_of_a_release(folder: Path) -> None:
    old, new = (lines(folder, "conf", "--all", "--postfix-version", version) for version in ("3.5", "3.9"))
    assert "default  smtputf8_enable = ${{$compatibility_level} < {1} ? {no} : {yes}}" in old
    assert "default  smtputf8_enable = ${{$compatibility_level} <level {1} ? {no} : {yes}}" in new
    assert "default  smtpd_forbid_bare_newline = no" in old  # 3.5.23 has it
    assert "default  smtpd_forbid_bare_newline = normalize" in new
    assert "conf/main.cf:6  relayhost =" in new
    assert len(new) > 800


def test_defaults_depend_on_the_compatibility_level(tmp_path: Path) -> None:
    for level, shown in (("0", "yes"), ("1", "no"), ("3.10", "no")):
        configure(tmp_path / "conf", f"compatibility_level = {level}\n", MASTER)
        assert lines(tmp_path, "conf", "-x", "append_dot_mydomain") == [f"default  append_dot_mydomain = {shown}"]


def test_parameters_called_by_a_service(folder: Path) -> None:
    configure(folder / "conf", MAIN, f"{SERVICES}slow unix - - n - - smtp\n")
    assert lines(folder, "conf", "-x", "slow_destination_rate_delay") == ["default  slow_destination_rate_delay = 0s"]
    assert run(folder, "show", "conf", "pickup_destination_rate_delay").status == 2


def test_colours(folder: Path) -> None:
    assert run(folder, "show", "conf", "relayhost", "--color", "always").out == (
        "\033[2mconf/main.cf:6\033[0m  \033[1mrelayhost\033[0m =\n"
    )


def test_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    configure(tmp_path / "conf", b"mail_name = a\x1b[31m\xff\rb\v\n\xc3\xa4\x07 = x\n", MASTER)
    assert lines(tmp_path, "conf")[:2] == [
        r"conf/main.cf:1  mail_name = a\x1b[31m\xff b",
        "conf/main.cf:2  ä\\x07 = x",
    ]


def test_standard_input_and_files_that_stand_for_others(folder: Path) -> None:
    assert run(folder, "show", "-q", "-", "relayhost", stdin=b"relayhost = [mx]\n").out == "-:1  relayhost = [mx]\n"
    (folder / "new").write_text("relayhost = [new]\n")
    outcome = run(folder, "show", "--as", "main", "--config-dir", "conf", "new", "relayhost", "syslog_name")
    assert outcome.status == 0
    assert outcome.out.startswith("new:1             relayhost = [new]\ndefault           syslog_name = ")
    assert "conf/master.cf:4      syslog_name = postfix/$service_name\n" in outcome.out


# JSON.


def test_json(folder: Path) -> None:
    found = document(folder, "conf", "smtpd_banner", "mail_owner", "mynetworks")
    place = {"path": "conf/master.cf", "line": 2}
    assert found == {
        "version": 1,
        "main": {
            "smtpd_banner": {
                "value": "$myhostname  ESMTP",
                "expanded": "mail.example.com  ESMTP",
                "layer": "main.cf",
                "path": "conf/main.cf",
                "line": 7,
            },
            "mail_owner": {"value": "postfix", "expanded": "postfix", "layer": "default", "path": None, "line": None},
            "mynetworks": {"value": None, "expanded": None, "layer": "default", "path": None, "line": None},
        },
        "services": [
            {
                "name": "submission",
                "type": "inet",
                "private": "n",
                "unprivileged": "-",
                "chroot": "y",
                "wakeup": "-",
                "process_limit": "-",
                "command": "smtpd",
                "arguments": [
                    "-v",
                    *("-o", "syslog_name=postfix/$service_name", "-o", "smtpd_banner=hello"),
                    *("-o", "{ myhostname = submit.example.com }", "-o", "smtpd_banner="),
                ],
                **place,
                "overrides": {
                    "smtpd_banner": {
                        "value": "",
                        "expanded": "",
                        "layer": "override",
                        "path": "conf/master.cf",
                        "line": 6,
                    }
                },
            }
        ],
    }


def test_json_of_everything(folder: Path) -> None:
    found = document(folder, "conf")
    assert list(found["main"]) == sorted(found["main"])
    assert [f"{item['name']}/{item['type']}" for item in found["services"]] == [
        "smtp/inet",
        "submission/inet",
        "pickup/unix",
        "mailman/unix",
    ]
    overrides = found["services"][1]["overrides"]
    assert overrides["syslog_name"]["expanded"] == "postfix/submission"
    assert document(folder, "conf", "--all", "--postfix-version", "3.7")["main"]["mail_name"]["layer"] == "default"


def test_two_services_of_one_name_are_the_last_one(tmp_path: Path) -> None:
    configure(tmp_path / "conf", "", f"{MASTER}25 inet n - n - - smtpd -o mail_name=x\n")
    (service,) = document(tmp_path, "conf")["services"]
    assert (service["name"], list(service["overrides"])) == ("25", ["mail_name"])


# Secrets.


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("options", [("-x",), ("--format", "json", "--all")], ids=" ".join)
def test_keys_are_masked(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    configure(tmp_path / "conf", *CONFIGURATIONS[name])
    outcome = run(tmp_path, "show", "conf", *options)
    assert KEY not in (outcome.out + outcome.err).lower()
    assert "Traceback" not in outcome.err
    assert outcome.status in (0, 1)


@pytest.mark.parametrize("line", PASSWORDS.values(), ids=PASSWORDS)
def test_passwords_are_masked(tmp_path: Path, line: str) -> None:
    main, master = f"{line}\n", f"{MASTER[:-1]} -o smtp_sasl_password_maps=static:u:{PASSWORD}\n"
    configure(tmp_path / "conf", f"{main}greeting = hello {PASSWORD}\n", master)
    for options in ((), ("--format", "json")):
        assert PASSWORD not in run(tmp_path, "show", "conf", *options).out
        assert PASSWORD in run(tmp_path, "show", "conf", "--reveal", *options).out


def test_password_that_is_put_together(tmp_path: Path) -> None:
    main = (
        "people_bind_pw = $first$second\nfirst = correct\nsecond = horse\nshown = correcthorse\nshort_password = abc\n"
    )
    configure(tmp_path / "conf", main, MASTER)
    for options in (("-x",), ("--format", "json")):
        out = run(tmp_path, "show", "conf", *options).out
        assert "correcthorse" not in out
        assert "abc" not in out
    found = document(tmp_path, "conf")["main"]
    assert (found["people_bind_pw"]["value"], found["people_bind_pw"]["expanded"]) == ("***", "***")
    assert found["shown"]["value"] == "***"


def test_key_is_masked_where_it_stands_alone(tmp_path: Path) -> None:
    """No list asks the zone, so only the expanded value shows that the label is a key."""
    configure(tmp_path / "conf", f"dqs = {KEY}\nzone = $dqs.zen.dq.spamhaus.net\n", MASTER)
    found = document(tmp_path, "conf")["main"]
    assert (found["dqs"]["value"], found["zone"]["expanded"]) == ("***", "***.zen.dq.spamhaus.net")


# What the user has to put right.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mydestinatio",), 'unknown parameter "mydestinatio"; did you mean mydestination?'),
        (("dpt",), 'unknown parameter "dpt"; did you mean dept?'),
        (("wholly_unlike",), 'unknown parameter "wholly_unlike"'),
        (("mail_name", ""), 'unknown parameter ""'),
        (("smtp_tls_enforce_sts_mx_patterns", "--postfix-version", "3.9"),
         "smtp_tls_enforce_sts_mx_patterns: came with Postfix 3.11, this is 3.9, and is not set"),
        (("fallback_relay",), "fallback_relay: was removed in Postfix 2.3, and is not set"),
        (("virtual_maps",), "virtual_maps: is older than Postfix 2.0, and is not set"),
        (("--service", "submission"), '--service: no service "submission"; did you mean submission/inet?'),
        (("--service", "smpt/inet"), '--service: no service "smpt/inet"; did you mean smtp/inet?'),
        (("--service", "x"),
         '--service: no service "x"; known: smtp/inet, submission/inet, pickup/unix, mailman/unix'),
        (("--postfix-version", "new"), '--postfix-version: "new" is no Postfix version; write it as in 3.7'),
    ],
)  # fmt: skip
def test_wrong_use(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    assert run(folder, "show", "conf", *arguments) == Outcome(2, "", f"postlint: error: {message}\n")


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, message in (
        ("./absent", "no such file or directory"),
        ("absent/main.cf", "no such file or directory"),
        ("empty", "holds neither main.cf nor master.cf"),
    ):
        assert run(tmp_path, "show", path) == Outcome(2, "", f"postlint: error: {path}: {message}\n")


def test_missing_files(tmp_path: Path) -> None:
    configure(tmp_path / "main", "mail_name = x\n")
    configure(tmp_path / "master", master=MASTER)
    note = "postlint: note: main: no master.cf; there are no services to show\n"
    assert run(tmp_path, "show", "main") == Outcome(0, "main/main.cf:1  mail_name = x\n", note)
    assert run(tmp_path, "show", "main", "--quiet").err == ""
    assert run(tmp_path, "show", "master") == Outcome(0, "master/master.cf:1  smtp inet n - y - - smtpd\n", "")
    configure(tmp_path / "blank", "", "")
    assert run(tmp_path, "show", "blank") == Outcome(0, "", "")


def test_entry_that_master_alone_dies_on(tmp_path: Path) -> None:
    configure(tmp_path / "conf", "", "smtp inet n - y - - smtpd -o { a = b\nlost inet - - y - - smtpd\n")
    assert run(tmp_path, "show", "conf") == Outcome(
        1,
        "conf/master.cf:2  lost inet - - y - - smtpd\n",
        "postlint: note: conf/master.cf:1: missing '}' in \"{ a = b\": master dies on this line, which is left out\n",
    )


def test_lines_that_postfix_dies_on(tmp_path: Path) -> None:
    configure(
        tmp_path / "conf",
        "mail_name = x\nno sign here\nmyorigin = ${mail_name\nrelayhost = $relayhost\n",
        "smtp inet n - y\npickup unix n - y 60 1 pickup -o mail_name=$\n",
    )
    outcome = run(tmp_path, "show", "--expand", "conf")
    assert outcome == Outcome(
        1,
        "conf/main.cf:1    mail_name = x\n"
        "conf/main.cf:3    myorigin = ${mail_name\n"
        "conf/main.cf:4    relayhost = $relayhost\n"
        "\n"
        "conf/master.cf:2  pickup unix n - y 60 1 pickup\n"
        "conf/master.cf:2      mail_name = $\n",
        "postlint: note: conf/main.cf:2: missing '=' after attribute name: Postfix dies on this line, which is left out"
        "\n"
        "postlint: note: conf/master.cf:1: bad field count: Postfix dies on this line, which is left out\n"
        'postlint: note: conf/main.cf:3: myorigin cannot be expanded: truncated macro reference: "${mail_name"\n'
        'postlint: note: conf/main.cf:4: relayhost cannot be expanded: unreasonable macro call nesting: "relayhost"\n'
        'postlint: note: conf/master.cf:2: mail_name cannot be expanded: empty macro name: "$"\n',
    )
    found = document(tmp_path, "conf", "mail_name", "myorigin")
    assert (found["main"]["myorigin"]["value"], found["main"]["myorigin"]["expanded"]) == ("${mail_name", None)
    quiet = run(tmp_path, "show", "--quiet", "conf", "mail_name")
    assert (quiet.status, quiet.err) == (1, "")


@pytest.mark.parametrize(
    "value", ["${" * 50_000, "${{" * 50_000 + "}}" * 50_000, "$(" * 50_000 + ")" * 50_000, "$a$a" * 50_000, "\0$"]
)
def test_deep_and_endless_values(tmp_path: Path, value: str) -> None:
    configure(tmp_path / "conf", f"mydestination = {value}\na = $b$b\nb = {'$c' * 1000}\nc = {'x' * 10_000}\n", MASTER)
    for options in (("-x",), ("--format", "json")):
        outcome = run(tmp_path, "show", "conf", *options)
        assert outcome.status in (0, 1)
        assert "bug" not in outcome.err
        assert len(outcome.err) < 2000


def test_comparisons_in_a_row_behind_long_chains_are_not_followed() -> None:
    names = {f"c{row}_{step}": f"$c{row}_{step + 1}" for row in range(60) for step in range(60)}
    names |= {f"c{row}_60": f"${{{{$c{row + 1}_0}} == {{x}} ? {{a}} : {{b}}}}" for row in range(60)}
    assert Expander(names.get).expand("$c0_0").error == "too many forms in forms, which is not followed"
    assert Expander(names.get).expand("$c59_0").text == "b"


def test_readme_shows_what_show_prints() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    block = next(block for block in readme.split("```\n") if block.startswith("$ postlint show "))
    command, _, rest = block.partition("\n")
    assert run(PROJECT, *command.split(" ")[2:]).out == rest


# The layers below.


def expander(values: Mapping[str, str | RunTime], version: PostfixVersion | None = None) -> Expander:
    return Expander(values.get, version)


def test_levels_are_counted_as_postfix_counts_them() -> None:
    values = {f"n{number}": f"$n{number + 1}" for number in range(200)} | {"n200": "x"}
    for start, error in ((100, "unreasonable macro call nesting"), (101, None)):
        assert expander(values).expand(f"$n{start}").error == error


def test_functions_came_with_3_11() -> None:
    name, form = "domain_to_ascii", "${domain_to_ascii{x}}"
    assert expander({}).expand(form) == Expansion(form, frozenset({name}))
    error = 'attribute name syntax error at: "...domain_to_ascii>>>{"'
    assert expander({}, PostfixVersion(3, 10)).expand(form).error == error


def test_comparisons_of_levels_came_with_3_6() -> None:
    form = "${{$compatibility_level} <level {3.10} ? {older} : {newer}}"
    values = {"compatibility_level": "3.9"}
    assert expander(values, PostfixVersion(3, 6)).expand(form).text == "older"
    error = '"{expression}" expected at: "...{$compatibility_level} <>>>level {3.10} ? {olde"'
    assert expander(values, PostfixVersion(3, 5)).expand(form).error == error


def test_comparison_with_what_is_not_known_stays() -> None:
    assert expander({"r": RunTime(), "k": "1"}).expand("${{$r} == {$k} ? {a} : {b}} ${r?c} $k") == Expansion(
        "${{$r} == {$k} ? {a} : {b}} c 1", frozenset({"r"})
    )


@pytest.mark.parametrize(
    ("main", "host", "name", "domain"),
    [
        ("", None, None, None),
        ("", "vm", "vm.localdomain", "localdomain"),
        ("", "mx.example.org", "mx.example.org", "example.org"),
        ("mydomain = example.net\n", "vm", "vm.example.net", "example.net"),
        ("myhostname = mail\n", "vm", "mail", "localdomain"),
        ("myhostname = a.b.example\n", None, "a.b.example", "b.example"),
        ("myhostname = x.$mydomain\n", None, "x.", ""),
    ],
)
def test_names_of_the_host(main: str, host: str | None, name: str | None, domain: str | None) -> None:
    configuration = Configuration(ConfigurationFiles(Source("main.cf", main), None))
    effective = EffectiveValues(configuration, host=host)
    view = configuration.main_view
    found = [effective.value(parameter, view) for parameter in ("myhostname", "mydomain")]
    assert [value.expansion.known for value in found if value] == [name, domain]


def test_host_name(tmp_path: Path) -> None:
    assert host_name(tmp_path) is None
    place = tmp_path / "proc/sys/kernel/hostname"
    place.parent.mkdir(parents=True)
    place.write_text("mx.example.org\n")
    assert host_name(tmp_path) == "mx.example.org"


def test_releases_have_the_parameters_that_they_have() -> None:
    counts = [len(Defaults(PostfixVersion(3, minor)).names) for minor in range(5, 13)]
    assert counts == sorted(counts)
    assert len(set(counts)) == len(counts)
    assert Defaults(None).names == Defaults(PostfixVersion(3, 12)).names
