"""Fixes that write definitions and services anew, on random lines: none is dropped, and a second run finds none."""

from hypothesis import example, given
from hypothesis import strategies as st

from postlint.configuration.model import ConfigurationFiles
from postlint.edits import apply_edits
from postlint.engine.fix import fix
from postlint.rules import ALL
from postlint.text import Source

NAMES = {"ignored-first-line", "inline-comment", "spaced-override", "stray-character", "swallowed-parameter"}
RULES = [rule for rule in ALL if rule.name in NAMES]
BLANK = st.sampled_from([" ", " ", " ", " ", "  ", "\t", ", ", "\u00a0", "\r", "\u200b", "\0", "\v", " \\\n  "])
LINE_END = st.sampled_from(
    ["\n", "\n", "\n", "\r\n", " \\\n", "\r", " # c\n", "# c, d\r\n", " # c { = }\n", "\n# c\n", "\n\n", ",\n"]
)
INDENT = st.sampled_from(["", "", "", " ", "  ", "\t"])
NAME = st.sampled_from(
    [
        *(
            "smtpd_banner",
            "mydestination",
            "mynetworks",
            "smtpd_helo_required",
            "smtpd_timeout",
            "mydomain",
            "relayhost",
        ),
        *("smtpd_relay_restrictions", "smtpd_client_restrictions", "myorigin", "alias_maps", "my_own", "relayhost"),
    ]
)
VALUE = st.sampled_from(
    [
        *("a.example", "0.0.0.0/0", "yes", '"yes"', "'", '"', "5m", "#", "yes#c", "$mydomain", "permit"),
        *("reject_unauth_destination", "permit_mynetworks", "reject", "static:a", ""),
    ]
)
SIGN = st.sampled_from([" = ", " = ", "=", " =", "= ", "\u00a0= ", " =\n  "])
ENTRY = st.sampled_from(["smtp inet n - y - - smtpd", "smtp inet n - y - - smtpd -v", "relay unix - - y - - smtp"])
OPTION = st.sampled_from(
    [" -o ", " -o ", " -o", " -vo ", "\n  -o ", "\r\n -o ", " \\\n  -o ", "\n# c\n -o ", " -v -o "]
)
BRACES = st.sampled_from([("", ""), ("", ""), ("{ ", " }"), ("{", "}")])


@st.composite
def definitions(draw: st.DrawFn) -> str:
    values = [draw(VALUE) + draw(BLANK) for _ in range(draw(st.integers(0, 3)))]
    return draw(INDENT) + draw(NAME) + draw(SIGN) + "".join(values) + draw(LINE_END)


@st.composite
def services(draw: st.DrawFn) -> str:
    options = []
    for _ in range(draw(st.integers(0, 3))):
        opened, closed = draw(BRACES)
        values = draw(VALUE) + "".join(draw(BLANK) + draw(VALUE) for _ in range(draw(st.integers(0, 2))))
        options.append(draw(OPTION) + opened + draw(NAME) + draw(SIGN) + values + closed)
    return draw(INDENT) + draw(ENTRY) + "".join(options) + draw(LINE_END)


def files_of(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    comment = st.sampled_from(["# c\n", "\n", "# postlint: ignore[swallowed-parameter]: a reason\n", "  # c = d\n"])
    start = st.sampled_from(["", "", "", "", "\ufeff", "# c\n"])
    texts = st.tuples(start, st.lists(st.one_of(items, items, items, comment), max_size=5).map("".join)).map("".join)
    return st.tuples(texts, st.booleans()).map(lambda drawn: drawn[0].removesuffix("\n") if drawn[1] else drawn[0])


@example("mydomain = a.example a.example\0\n", "")
@example(" alias_maps = 5m\r#\u00a0 \\\n", "")
@example("smtpd_banner = \0\n smtpd_banner = \n", "smtp inet n - y - - smtpd\n")
@given(files_of(definitions()), files_of(services()))
def test_no_fix_is_dropped_and_none_is_left(main: str, master: str) -> None:
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", master))
    judged = {"main.cf", "master.cf"}
    result = fix(files, judged, rules=RULES, unsafe=True)
    assert result.dropped == ()
    after = result.remaining.context.configuration.files
    for source, other in zip(files.sources, after.sources, strict=True):
        assert apply_edits(source.text, result.edits.get(source.path, ())) == other.text
    assert not fix(after, judged, rules=RULES, unsafe=True).edits
    everything = fix(files, judged, unsafe=True)
    assert not [drop for drop in everything.dropped if drop.diagnostic.rule in NAMES]
