"""Values of mynetworks, the files beside them, and whether 127.0.0.1 is in the list."""

from typing import NamedTuple


class Case(NamedTuple):
    """``value``: with @ for the configuration directory. ``member``: None where the lookup fails. ``old``: the same
    before Postfix 3.8, where it differs.
    """

    title: str
    value: str
    files: tuple[tuple[str, str], ...] = ()
    member: bool | None = True
    old: bool | None = None

    def member_for(self, is_old: bool) -> bool | None:
        """For a Postfix from before 3.8, or a later one."""
        return self.old if is_old and self.old is not None else self.member


def _one(title: str, text: str, member: bool | None = True, value: str = "@/nets", old: bool | None = None) -> Case:
    return Case(title, value, (("nets", text),), member, old)


CASES = (
    _one("comments and empty lines", "# ours\n10.0.0.1\n\n   # more\n127.0.0.1\n"),
    _one("commas", "10.0.0.1,127.0.0.1\n"),
    _one("continuation", "10.0.0.1\n   127.0.0.1\n"),
    _one("no line feed", "127.0.0.1"),
    _one("first line that starts with a blank", "  127.0.0.1\n10.0.0.1\n", False, old=True),
    _one("line that starts with a blank below comments", "# ours\n\n 127.0.0.1\n   127.0.0.2\n", False, old=True),
    _one("words behind a number sign", "10.0.0.1 # 127.0.0.1\n127.0.0.2\n", False),
    _one("word that starts with a number sign", "10.0.0.1 #x 127.0.0.1\n", False),
    _one("line behind a number sign", "10.0.0.1 # more\n127.0.0.1\n"),
    _one("continuation behind a number sign", "10.0.0.1 # more\n 127.0.0.1\n", False, old=True),
    _one("number sign behind signs of negation", "10.0.0.1 !#x 127.0.0.1\n"),
    _one("number sign in the value", "10.0.0.1\n", False, value="@/nets # 127.0.0.1"),
    _one("no $name", "$me\n", False),
    _one("NUL", "10.0.0.1\0 127.0.0.1\n10.0.0.2\n", False),
    _one("continuation behind a NUL", "10.0.0.1\0 127.0.0.2\n\t127.0.0.1\n", False, old=True),
    _one("NUL before a line", "10.0.0.1\0 127.0.0.2\n127.0.0.1\n"),
    _one("braces", "{ 127.0.0.1 }\n", False),
    _one("address before a file that is not there", "127.0.0.1\n", value="@/nets @/missing"),
    _one("file that is not there before it", "127.0.0.1\n", None, value="@/missing @/nets"),
    _one("negated file that is not there", "127.0.0.1\n", None, value="!@/missing @/nets"),
    _one("negated file", "127.0.0.1\n", False, value="!@/nets 127.0.0.0/8"),
    _one("negated item in a negated file", "!127.0.0.1\n", value="!@/nets"),
    _one("negated twice", "127.0.0.1\n", value="!!@/nets"),
    _one("$config_directory", "127.0.0.1\n", value="$config_directory/nets"),
    _one("path with more slashes", "127.0.0.1\n", value="@//nets"),
    _one("colon in the path of a file", "127.0.0.1\n", value="@/nets @/a:b"),
    _one("itself behind the address", "127.0.0.1\n@/nets\n"),
    _one("itself before the address", "@/nets\n127.0.0.1\n", None),
    Case("file in a file", "@/nets", (("nets", "10.0.0.1\n@/more\n"), ("more", "127.0.0.1\n"))),
    Case("negated file in a negated file", "!@/nets", (("nets", "!@/more\n"), ("more", "127.0.0.1\n"))),
    Case("same file twice", "!@/nets @/nets", (("nets", "127.0.0.1\n"),), False),
    Case("relative name in a file", "@/nets", (("nets", "more\n"), ("more", "127.0.0.1\n")), False),
    Case("table in a file", "@/nets", (("nets", "cidr:@/c\n"), ("c", "127.0.0.0/8 x\n"))),
    Case("table in a negated file", "!@/nets 127.0.0.1", (("nets", "cidr:@/c\n"), ("c", "127.0.0.0/8 x\n")), False),
)
