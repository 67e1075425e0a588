"""A main.cf and a master.cf out of everything that the language knows, for Hypothesis."""

from hypothesis import strategies as st
from test_live_postconf import (
    ODD,
    Bytes,
    field_separators,
    rarely,
    repeated,
    sequence,
    services,
    trivia,
    without_o,
)

# Parameters that postconf shows and does not act on; the last ones are not expanded.
BUILT_IN = (
    b"alias_maps",
    b"content_filter",
    b"header_checks",
    b"mail_name",
    b"mydestination",
    b"myorigin",
    b"relayhost",
    b"smtp_helo_name",
    b"smtpd_banner",
    b"smtpd_client_restrictions",
    b"smtpd_helo_required",
    b"smtpd_tls_CAfile",
    b"default_rbl_reply",
    b"luser_relay",
)
OWN = (b"a", b"bb", b"_c", b"D4", b"5", b"x_1")
_UNSET = (b"nothing", b"e")
_DEFAULTS = (b"mail_owner", b"compatibility_level", b"queue_directory", b"daemon_directory", b"config_directory")
_RUN = (b"process_name", b"service_name", b"mydomain", b"myhostname")
_NOT_SET = (*_UNSET, *_DEFAULTS, *_RUN)

_WORDS = (b"w", b"permit", b"127.0.0.1/8", b"09", b"9", b"10", b"x=y", b"hash:/x", b"user@example.com", b"?", b":")
# Neither brackets, which count inside forms, nor what ends the value.
_ODD = tuple(part for part in ODD if not set(part) & set(b"{}()\0$#"))
_gaps = st.sampled_from(
    (b" ", b" ", b"  ", b"\t", b"\r", b", ", b"\n ", b"\n\t", b"\n# c }\n ", b"\n\n \n  ", b"\v", b"\f", b"\n  # ${\n ")
)
plain = repeated(st.sampled_from(_WORDS) | st.sampled_from(_ODD) | _gaps, 1, 4)
# What counts as blank inside of brackets.
space = st.sampled_from((b"", b"", b"", b" ", b"\t ", b"\r", b"\n ", b"\n# c\n\t"))
levels = st.sampled_from(
    (b"0", b"1", b"2", b"3", b"3.6", b"3.10", b"3.6.1", b" 3", b"+3", b"3.06", b"$compatibility_level")
)
numbers = st.sampled_from((b"9", b"09", b"10", b"$nothing"))
operators = st.sampled_from((b"==", b"!=", b"<", b"<=", b">", b">="))


def in_braces(part: Bytes) -> Bytes:
    return sequence(b"{", part, b"}")


def references(names: Bytes) -> Bytes:
    return st.one_of(
        sequence(b"$", names),
        sequence(b"${", space, names, space, b"}"),
        sequence(b"$(", space, names, space, b")"),
        st.just(b"$$"),
    )


def forms(names: Bytes, value: Bytes) -> Bytes:
    """Every conditional form, with ``value`` in its places."""
    either = st.one_of(
        sequence(b"?", value),
        sequence(b":", value),
        sequence(b"?", space, in_braces(value), space),
        sequence(b":", space, in_braces(value), space),
        sequence(b"?", space, in_braces(value), space, b":", space, in_braces(value), space),
        sequence(b"?", space, in_braces(value), space, b":", value),
        # Not two texts but one.
        sequence(b"?", value, b":", in_braces(value)),
    )
    comparison = st.one_of(
        sequence(in_braces(value | st.just(b"")), space, operators, space, in_braces(value)),
        sequence(in_braces(numbers), operators, in_braces(numbers)),
        sequence(in_braces(levels), space, operators, b"level", space, in_braces(levels)),
    )
    subjects = st.one_of(sequence(space, names, space), sequence(space, comparison, space))
    return st.one_of(
        sequence(b"${", subjects, either, b"}"),
        sequence(b"$(", subjects, either, b")"),
        sequence(b"${", space, comparison, space, b"}"),
        sequence(b"${", st.just(b"") | space, b"?", value, b"}"),
    )


def values_with(names: Bytes) -> Bytes:
    """Values that name these parameters."""
    simple = plain | references(names)
    return st.recursive(
        repeated(simple, 1, 3), lambda value: repeated(simple | forms(names, value), 1, 3), max_leaves=8
    )


# Values of built-in parameters and of overrides name those of the user's own, which name what is not set: else most
# of them would be circles.
values = values_with(st.sampled_from((*OWN, *OWN, *_NOT_SET)))
own_values = values_with(st.sampled_from(_NOT_SET))
# Postfix dies on these, or not, as the case may be: the last ones are fine.
BROKEN = (
    b"${",
    b"$(a",
    b"${a?{b}",
    b"$",
    b"$-",
    b"${}",
    b"$()",
    b"${a b}",
    b"${a-b}",
    b"${\va}",
    b"${a?{b}c}",
    b"${a:{b}c}",
    b"${a?{b}:{c}d}",
    b"${{a}=={b}x}",
    b"${{a}~{b}}",
    b"${{a}==b}",
    b"${{a}==foo{b}}",
    b"${{1}==level{x}}",
    b"${{1}<level{3.1024}?{x}}",
    b"${{99999999999999999999}=={1}}",
    b"${mail_name{x}}",
    b"$(a?{b)",
    b"$mydestination",
    b"${nothing?{${a b}}}",
    b"${mail_owner:{${}}}",
)
# One time out of twenty: postconf takes a second to die.
broken = st.integers(0, 19).flatmap(lambda number: st.sampled_from(BROKEN) if number == 7 else st.just(b""))
equals = st.sampled_from((b"=", b" = ", b" =", b"\t=\r", b"\n =", b"\n# c\n\t= "))
tails = st.sampled_from((b"", b"", b"", b"", b" {", b" }", b" #c", b" \0 $", b" {x}y", b"\n "))
some_trivia = repeated(trivia, 0, 1)


@st.composite
def main_files(draw: st.DrawFn) -> bytes:
    """A dozen definitions; of the built-in ones, which postconf shows, about half. One of them may be broken."""
    chosen = draw(st.lists(st.sampled_from(BUILT_IN), min_size=4, max_size=8))
    parts = [draw(sequence(st.just(name), equals, values, tails, b"\n", some_trivia)) for name in chosen]
    for name in draw(st.lists(st.sampled_from((*OWN, b"process_id")), min_size=2, max_size=6)):
        value = draw(st.one_of(own_values, st.just(b""), st.sampled_from((b"9", b"w", b"{a}"))))
        parts.append(draw(sequence(st.just(name), equals, st.just(value), b"\n", some_trivia)))
    parts.append(draw(st.sampled_from(BUILT_IN)) + b" = x " + draw(broken) + b"\n")
    if draw(st.booleans()):
        parts.append(b"compatibility_level = " + draw(st.sampled_from((b"0", b"2", b"3.6", b"3.10"))) + b"\n")
    return draw(rarely(st.just(b"  stray = x\n"))) + b"".join(draw(st.permutations(parts)))


# Without those whose values are not expanded: postconf -Px expands them, and no daemon does.
override_names = st.sampled_from((*BUILT_IN[:12], *OWN))
long_settings = sequence(b"{", space, override_names, space, b"=", space, values, b"}")
long_overrides = st.one_of(
    sequence(st.sampled_from((b"-o ", b"-o\t", b"-o\n  ", b"-vo ")), long_settings),
    sequence(st.sampled_from((b"-o", b"-vo")), without_o(long_settings)),
)
short_references = sequence(st.sampled_from((b"$", b"$$")), st.sampled_from((*OWN, *_RUN))) | st.just(b"${ a }")
short_values = repeated(
    short_references | st.sampled_from((b"w", b"09", b"a,b", b"${a?{x}:{y}}", b"{a b}", b"${a?x}")), 0, 3
)
short_overrides = sequence(st.sampled_from((b"-o ", b"-o\n\t", b"-vo ")), override_names, b"=", short_values)
entry_names = (b"smtp", b"10025", b"[::1]:10026", b"host:10027", b"relay")


@st.composite
def master_files(draw: st.DrawFn) -> bytes:
    """Services with overrides in every form, and some of test_live_postconf's, which have every other argument."""
    entries = []
    for name in draw(st.permutations(entry_names))[: draw(st.integers(1, 3))]:
        if draw(st.booleans()):
            entries.append(name + draw(field_separators) + draw(services))
            continue
        command = draw(st.sampled_from((b"smtpd", b"smtp", b"/usr/lib/postfix/sbin/smtpd")))
        options = draw(st.lists(sequence(field_separators, long_overrides | short_overrides), max_size=4))
        entries.append(name + b" inet n - n - - " + command + b"".join(options) + b"\n" + draw(some_trivia))
    return b"".join(entries)
