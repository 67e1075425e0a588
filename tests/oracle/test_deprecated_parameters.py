"""An old name and the new one that the fix writes have one value in real postconf(1)."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.rules import ALL
from postlint.rules.deprecated_parameter import deprecated_parameter
from postlint.target import PostfixVersion, Target
from postlint.text import Source, decode, encode

pytestmark = pytest.mark.postfix

NAMES = (
    (b"authorized_verp_clients", b"smtpd_authorized_verp_clients", b"192.0.2.1"),
    (b"fallback_relay", b"smtp_fallback_relay", b"[relay.example],\n  # spare\n  relay.$mydomain"),
    (b"lmtp_per_record_deadline", b"lmtp_per_request_deadline", b"yes"),
    (b"postscreen_blacklist_action", b"postscreen_denylist_action", b"drop"),
    (b"postscreen_dnsbl_whitelist_threshold", b"postscreen_dnsbl_allowlist_threshold", b"-1"),
    (b"postscreen_whitelist_interfaces", b"postscreen_allowlist_interfaces", b"!192.0.2.1, static:all"),
    (b"smtp_per_record_deadline", b"smtp_per_request_deadline", b"yes"),
    (b"smtpd_per_record_deadline", b"smtpd_per_request_deadline", b"${stress?{yes}:{no}}"),
    (b"virtual_maps", b"virtual_alias_maps", b"static:a$$b, inline:{{ $myorigin = b }}"),
)


def fixed(main: bytes, directory: Path, master: bytes = b"") -> dict[str, bytes]:
    """After all safe fixes for the Postfix that is installed, which holds ``main`` and ``master`` in ``directory``."""
    write_configuration(directory, {"main.cf": main, "master.cf": master})
    version = PostfixVersion.parse(ask(directory, "-d").settings["mail_version"])
    files = ConfigurationFiles(Source("main.cf", decode(main)), Source("master.cf", decode(master)))
    result = fix(files, {"main.cf", "master.cf"}, Target(version), rules=ALL)
    assert not result.dropped
    return {item.path: encode(item.text) for item in result.remaining.context.configuration.files.sources}


@pytest.mark.parametrize(("old", "new", "value"), NAMES, ids=[new.decode() for _, new, _ in NAMES])
def test_new_name_has_the_value_that_the_old_one_gave_it(old: bytes, new: bytes, value: bytes, tmp_path: Path) -> None:
    main = old + b" = " + value + b"\n"
    files = fixed(main, tmp_path)
    assert files["main.cf"] == main.replace(old, new)
    before = ask(tmp_path, "-x").settings
    write_configuration(tmp_path, files)
    name = new.decode()
    assert before.pop(old.decode()) == before[name]
    # One runs as another process.
    assert ask(tmp_path, "-x").settings | {"process_id": ""} == before | {"process_id": ""}
    assert ask(tmp_path, "-n").settings.keys() == {name, "config_directory"}


def test_override_gets_the_new_name_in_place(tmp_path: Path) -> None:
    master = b"smtp inet n - y - - smtpd -o { smtpd_per_record_deadline = yes } -v\n"
    files = fixed(b"", tmp_path, master)
    assert files["master.cf"] == master.replace(b"record", b"request")
    before = ask(tmp_path, "-P").lines
    write_configuration(tmp_path, files)
    assert before == ("smtp/inet/smtpd_per_record_deadline = yes",)
    assert ask(tmp_path, "-P").lines == ("smtp/inet/smtpd_per_request_deadline = yes",)


def test_value_gets_a_letter_behind_it_under_the_new_name(tmp_path: Path) -> None:
    """So another name would be another value: there is no fix."""
    main = b"postscreen_dnsbl_ttl = 2\n"
    write_configuration(tmp_path, {"main.cf": main, "master.cf": b""})
    assert ask(tmp_path, "-x").settings["postscreen_dnsbl_max_ttl"] == "2h"
    files = ConfigurationFiles(Source("main.cf", decode(main)), None)
    result = fix(files, {"main.cf"}, rules=[deprecated_parameter], unsafe=True)
    assert result.edits == {}
    (found,) = result.remaining.diagnostics
    assert found.help == "use postscreen_dnsbl_max_ttl; Postfix puts h behind this value"
