"""What postconf(1), and every program at its start, says of a configuration, and which rule says it here."""

import re
from dataclasses import dataclass

from real_postconf import masked

from postlint.diagnostics import Diagnostic
from postlint.rules import ALL
from postlint.target import PostfixVersion
from postlint.text import Location


@dataclass(frozen=True, slots=True)
class Complaint:
    """The form of a message, from its start, and the rules of which one has to speak.

    Of the named groups ``file`` is the file that the rule speaks of, ``line`` a line of its place or of one that goes
    with it; ``name`` is a word in these or in the message, ``text`` stands in one of these.
    """

    pattern: str
    rules: tuple[str, ...]

    @property
    def is_covered(self) -> bool:
        """Whether all these rules are there."""
        return set(self.rules) <= {rule.name for rule in ALL}

    def is_made_by(self, diagnostic: Diagnostic, message: str) -> bool:
        """Whether ``diagnostic`` says what ``message`` does."""
        match = re.match(self.pattern, message)
        places = (diagnostic.location, *(related.location for related in diagnostic.related))
        return (
            match is not None
            and diagnostic.rule in self.rules
            and any(_fits(place, diagnostic.message, match.groupdict()) for place in places)
        )


def _fits(place: Location, message: str, groups: dict[str, str | None]) -> bool:
    file, line, name, text = (groups.get(key) for key in ("file", "line", "name", "text"))
    first, _ = place.source.position(place.span.start)
    last, _ = place.source.position(max(place.span.start, place.span.end - 1))
    words = masked(f"{place.text} {message}")
    return (
        (file is None or place.source.path == file)
        and (line is None or first <= int(line) <= last)
        and (name is None or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) is not None)
        and (text is None or text in masked(place.text))
    )


@dataclass(frozen=True, slots=True)
class Exemption:
    """Messages that no rule has to make, and why; ``configuration``: the only one where that is so.

    ``since``: the first release that prints it.
    """

    pattern: str
    reason: str
    configuration: str | None = None
    since: str = "3.5"

    def holds(self, version: PostfixVersion) -> bool:
        """Whether a release prints it."""
        return version >= PostfixVersion.parse(self.since)


_FILE = r"(?:DIR/)?(?P<file>main\.cf|master\.cf)"
COMPLAINTS = (
    # Of postconf.
    Complaint(
        rf"fatal: {_FILE}, line (?P<line>\d+): missing (?:'=' after )?attribute name: ", ("missing-equals-sign",)
    ),
    Complaint(rf"fatal: file {_FILE}: line (?P<line>\d+): bad field count", ("bad-service-field",)),
    Complaint(r'fatal: invalid (?P<name>\w+) field "(?P<text>.*?)" in ', ("bad-service-field",)),
    Complaint(rf"warning: {_FILE}: missing '}}' in ", ("bad-service-field",)),
    Complaint(rf"warning: {_FILE}: logical line must not start with whitespace: ", ("ignored-first-line",)),
    Complaint(
        rf"warning: {_FILE}, line (?P<line>\d+): overriding earlier entry: (?P<name>[^=]+)=", ("duplicate-parameter",)
    ),
    Complaint(
        rf"warning: {_FILE}, line (?P<line>\d+)(?:-\d+)?: text after null byte may be ignored", ("stray-character",)
    ),
    Complaint(
        rf"warning: {_FILE}: #comment after other text is not allowed: (?P<text>#[^ ]*)",
        ("inline-comment", "unknown-restriction"),
    ),
    Complaint(rf"warning: {_FILE}: read-only parameter assignment: (?P<name>[^=]+)=", ("read-only-parameter",)),
    Complaint(rf'warning: {_FILE}: support for parameter "(?P<name>.*?)" will be removed; ', ("deprecated-parameter",)),
    Complaint(rf"warning: {_FILE}: undefined parameter: (?P<name>.+)", ("undefined-name",)),
    Complaint(
        rf"warning: {_FILE}: unused parameter: (?P<name>[^=]+)=",
        ("unknown-parameter", "parameter-too-new", "undeclared-restriction-class"),
    ),
    # Of postconf and of all programs.
    Complaint(r"fatal: (?:dictionary mail_dict: )?macro processing error", ("bad-expansion",)),
    Complaint(
        r"warning: (?P<name>truncated macro reference|empty macro name|attribute name syntax error)", ("bad-expansion",)
    ),
    Complaint(r'warning: unreasonable macro call nesting: "(?P<name>\w+)"', ("bad-expansion",)),
    Complaint(r'warning: "\{expression\}" expected at: ".*?>>>(?P<name>level)', ("bad-expansion",)),
    # Of all programs.
    Complaint(
        rf"fatal: file {_FILE}: parameter (?P<name>\w+): bad parameter value: ",
        ("bad-value", "inline-comment", "stray-character"),
    ),
    Complaint(r"fatal: bad (?:boolean|numerical) configuration: (?P<name>\w+) = ", ("bad-value", "inline-comment")),
    Complaint(r"fatal: parameter (?P<name>\w+): bad time value or unit: ", ("bad-value", "inline-comment")),
    Complaint(r"fatal: bad string length \d+ [<>] \d+: (?P<name>\w+) = ", ("bad-value",)),
    Complaint(r'fatal: unknown (?P<name>inet_protocols) value "', ("bad-value",)),
)
_TEMPLATE = r"[^ ]*(?:\{\{|\{[A-Za-z_]+\}|##\w+##|%\w+%|@\w+@)"
EXEMPTIONS = (
    Exemption("warning: See https://www.postfix.org/", "says where to read on", since="3.11"),
    Exemption("warning: DIR/main.cf, line [0-9]+: overriding earlier entry: config_directory=DIR", "-c sets it first"),
    Exemption('warning: open "[a-z]+" configuration "', "whether a file is there, only its mail server can tell"),
    Exemption(
        "fatal: config variable inet_interfaces: host not found: ", "what resolves, only its mail server can tell"
    ),
    Exemption(f'fatal: unknown inet_protocols value "{_TEMPLATE}', "a template that is not filled in"),
    Exemption(
        f"fatal: file DIR/main.cf: parameter myhostname: bad parameter value: {_TEMPLATE}",
        "a template that is not filled in",
    ),
    Exemption(
        "fatal: bad string length 0 < 1: myhostname = $",
        "a template that is not filled in: undefined-name speaks of the $NAME that is the value",
    ),
    Exemption("warning: valid_hostname: ", "what is wrong with the value of the fatal message that follows"),
    Exemption(
        "warning: DIR/main.cf: #comment after other text is not allowed: ##[A-Z_]+##",
        "a template that is not filled in",
        since="3.8",
    ),
    Exemption(
        "warning: DIR/main.cf: #comment after other text is not allowed: #baz",
        "smtpd_banner, where the sign may stand: postconf looks for tables in it",
        "case-013-hash-in-value",
        since="3.8",
    ),
    Exemption(
        "warning: DIR/main.cf: undefined parameter: nosuch[34]",
        "a name that the value itself tests may be missing",
        "case-043-macro-undefined",
    ),
    Exemption(
        r"warning: (?:DIR/)?main.cf: syntax error after '}' in \"\{b\}ar\"",
        "legal text of a form, in which postconf looks for tables",
        "case-046-cond-old-text-has-operators",
    ),
    Exemption(
        "warning: DIR/master.cf: unused parameter: _required=yes",
        "a word that postconf cuts, and the daemon does not",
        "case-082-m-o-joined",
    ),
)


def exemption(configuration: str, message: str) -> Exemption | None:
    """Why no rule has to make ``message`` about a configuration."""
    return next(
        (
            item
            for item in EXEMPTIONS
            if item.configuration in (None, configuration) and re.match(item.pattern, message)
        ),
        None,
    )


def complaint(message: str) -> Complaint | None:
    """The form of ``message``."""
    return next((item for item in COMPLAINTS if re.match(item.pattern, message)), None)
