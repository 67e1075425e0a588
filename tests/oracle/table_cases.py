"""Sources of lookup tables, each with keys to look up."""

from typing import NamedTuple

KEYED = ("hash", "btree", "lmdb", "cdb", "texthash")
ADDRESSES = ("cidr",)
EXPRESSIONS = ("regexp", "pcre")


class Case(NamedTuple):
    """``keys``: separated by ``|``."""

    name: str
    types: tuple[str, ...]
    source: bytes
    keys: str


CASES = (
    # Key and value.
    Case("one row", KEYED, b"client.example.com REJECT no mail\n", "client.example.com|example.com|client|REJECT"),
    Case("blanks around the value", KEYED, b"a \t x y\t \nb\v\f\tz \r\n", "a|b|x|z|a "),
    Case("continuation lines", KEYED, b"a\n one,\n\ttwo\nb one\n   \n  two\n\n\n three\nc\n d\ne f\n", "a|b|c|d|e|two"),
    Case(
        "comments inside a row",
        KEYED,
        b"# c d\na one # two\n# three\n #four\n\n  five\n \t \n#six\nb seven\n#eight\n",
        "a|b|#|c|#six|five|seven",
    ),
    Case("first line starts with a blank", KEYED, b"# x\n  a one\n#\n\tb two\nc three\n  d four\n", "a|b|c|d|x"),
    Case("only a line that starts with a blank", KEYED, b" a one\n", "a|one"),
    Case("first of equal keys", KEYED, b"a one\nb two\nA three\na four\nB five\n", "a|A|b|B"),
    Case("capitals", KEYED, b"Client.EXAMPLE.com OK\nUSER@ x\n", "client.example.com|CLIENT.example.com|user@|User@"),
    Case(
        "quotes",
        KEYED,
        b'"a b" one\n"c d"@example.com two\ne" f"g three\n"h\\" i" four\n"" five\n"j" k" six\n"l\n m" seven\n',
        '"a b"|a b|a|"c d"@example.com|e" f"g|"h\\" i"|""|"j"|k"|"l m"|"l',
    ),
    Case("quote without an end", KEYED, b'a one\n"b two\nc three "four\nd"e five\nf six\n', 'a|"b|b|c|d"e|f'),
    Case(
        "backslashes",
        KEYED,
        b'a\\ b one\n\\"c two\nd\\\\ three\n\\e four\nf\\\n five\ng six\\\nh\\',
        'a\\ b|a b|\\"c|d\\\\|d\\|\\e|e|f\\ five|f\\|g|h\\|h',
    ),
    Case("no value", KEYED, b"a\nb \nc\t\r\nd e\nf\n# g\n h\n", "a|b|c|d|f|h|#"),
    Case("key with a colon", KEYED, b"a: one\nb : two\n:c three\n", "a|a:|b|:|:c"),
    Case("carriage returns", KEYED, b"# x\r\na one\r\n\r\nb two\r\n  three\r\n#\r\nc\r\n", "a|b|c|three|#"),
    Case("no last line feed", KEYED, b"a one\nb two\n  three", "a|b|three"),
    Case("comment at the end without line feed", KEYED, b"a one\nb two\n#three", "a|b|#three"),
    Case("bytes that are not UTF-8", KEYED, b"a one\n\xe9 two\nb \xe9\nc three\xc3\xa9\n\xc3\xa9 four\n", "a|b|c|é|É"),
    Case(
        "NUL", KEYED, b"a one\0two\nb\0 three\n\0c four\nd five\n  six\0\n seven\ne\n\0 eight\nf nine\n", "a|b|c|d|e|f"
    ),
    Case("NUL behind a missing value", KEYED, b"a \0one\nb two\n", "a|b"),
    Case("nothing", KEYED + ADDRESSES + EXPRESSIONS, b"", "a|192.0.2.1"),
    Case("comments only", KEYED + ADDRESSES + EXPRESSIONS, b"# a b\n\n \t\n  # c\n", "a|c|#|192.0.2.1"),
    Case("odd keys", KEYED, b"* a\n@ b\n. c\n= d\n, e\n{ f\n} g\n$x h\n[::1] i\n", "*|@|.|=|,|{|}|$x|[::1]|a"),
    # Addresses.
    Case(
        "networks",
        ADDRESSES,
        b"192.0.2.1 one\n192.0.2.0/24 REJECT two\n2001:db8::/32 three\n198.51.100.7/32\tfour\n0.0.0.0/0 five\n",
        "192.0.2.1|192.0.2.2|2001:db8::1|2001:DB8:1::|2001:db9::1|198.51.100.7|203.0.113.1|::1|example.com",
    ),
    Case(
        "brackets",
        ADDRESSES,
        b"[192.0.2.1] a\n[192.0.2.8/29] b\n[198.51.100.0]/24 c\n[2001:db8::1] d\n[2001:db8:1::]/48 e\n"
        b"[203.0.113.1 f\n[203.0.113.2]x g\n[203.0.113.0/24]/25 h\n[] i\n",
        "192.0.2.1|192.0.2.9|198.51.100.9|2001:db8::1|2001:db8:1::7|203.0.113.1|203.0.113.2|203.0.113.3",
    ),
    Case(
        "addresses that are none",
        ADDRESSES,
        b"192.0.2 a\n192.0.2.256 b\n192.0.02.1 c\n192.0.2.1/33 d\n192.0.2.1/x e\n192.0.2.1/ f\n192.0.2.1/24 g\n"
        b"2001:db8::g h\n2001:db8::1/64 i\n::1%lo j\n1::2::3 k\n1:2:3:4:5:6:7:8:9 l\nexample.com m\n192.0.2.1/8/8 n\n"
        b"::/129 o\n:: /0 p\n00192.0.2.1 q\n0.0.0.0/00 r\n198.51.100.1/032 s\n1:2:3:4:5:6:7:: t\n::ffff:192.0.2.9 u\n"
        b":1 v\n1: w\n::192.0.2.300 x\n12345:: y\n1:2:3:4:5:6:7::8 z\n1::2:3:4:5:6:7:8 A\n\xd9\xa1.2.3.4 B\n/8 C\n",
        "192.0.2.1|::1|198.51.100.1|::|1:2:3:4:5:6:7:0|::ffff:c000:209|::ffff:192.0.2.9|2001:db8::1|192.0.2.1/24",
    ),
    Case(
        "negated addresses",
        ADDRESSES,
        b"!192.0.2.0/24 a\n! ! 192.0.2.1 b\n!!!192.0.2.2 c\n !2001:db8::/32 d\n!2001:db8::1 e\n!!192.0.2.0/24 f\n!\n",
        "192.0.2.1|192.0.2.2|192.0.2.3|198.51.100.1|2001:db8::1|2001:db8::2|::1",
    ),
    Case(
        "if around addresses",
        ADDRESSES,
        b"if 192.0.2.0/24\n192.0.2.1 a\nIF !192.0.2.0/28\n192.0.2.0/24 b\nendif\n!192.0.2.5 c\nEndIf\n"
        b"if!198.51.100.0/24\n::/0 d\n0.0.0.0/0 e\nENDIF \t\n198.51.100.1 f\n",
        "192.0.2.1|192.0.2.20|192.0.2.5|192.0.2.6|198.51.100.1|198.51.100.2|2001:db8::1|203.0.113.1",
    ),
    Case(
        "if and endif that are wrong",
        ADDRESSES,
        b"endif\nif\nif !\nif 192.0.2.1/24\n192.0.2.1 a\nendif\nif 192.0.2.0/24 x\nif 192.0.2.0/24 \n192.0.2.2 b\n"
        b"endif x\n192.0.2.3 c\nendif#\nendif\n192.0.2.4 d\nifx e\nendify f\nif1 g\nif:: h\n::1 i\n",
        "192.0.2.1|192.0.2.2|192.0.2.3|192.0.2.4|::|::1",
    ),
    Case(
        "if without endif",
        ADDRESSES,
        b"192.0.2.1 a\nif 198.51.100.0/24\n192.0.2.2 b\n198.51.100.1 c\nif 198.51.100.2\n0.0.0.0/0 d\n",
        "192.0.2.1|192.0.2.2|198.51.100.1|198.51.100.2|198.51.100.3",
    ),
    Case(
        "address rows over several lines",
        ADDRESSES,
        b"# x\n192.0.2.1\n # y\n  a,\r\n\n\tb\r\n"
        b"192.0.2.2\n192.0.2.3 c # d\nif\n 192.0.2.4\n192.0.2.4 e\n!\n 192.0.2.4 f",
        "192.0.2.1|192.0.2.2|192.0.2.3|192.0.2.4|192.0.2.5",
    ),
    Case(
        "NUL in address rows",
        ADDRESSES,
        b"192.0.2.1 a\0b\n192.0.2.2\0 c\n\0192.0.2.3 d\n192.0.2.4 e\n",
        "192.0.2.1|192.0.2.2|192.0.2.3|192.0.2.4",
    ),
    # Regular expressions.
    Case(
        "expressions",
        EXPRESSIONS,
        b"/^a@example\\.com$/ one\n/b$/\tREJECT two words \n"
        b',c, three\n/d/i four\n|e\\|f| five\n/g\\/h/ six\n"i j" seven\n',
        "a@example.com|xb|C|d|D|e|f|e|g/h|i j|z",
    ),
    Case(
        "flags",
        EXPRESSIONS,
        b"/^a/ii x1\n/^B$/i x2\n/^c$/m x3\n/d/q x4\n/e/i! x5\n/f/1 x6\n/g/mmii x7\n",
        "ab|Ab|B|b|c|C|d|e|f|g",
    ),
    Case(
        "flags of pcre",
        ("pcre",),
        b"/a b/x one\n/c.d/s two\n/e/A three\n/f/E four\n/g/U five\n/h/X six\n/i/sx seven\n",
        "ab|a b|c.d|h|j",
    ),
    Case("no result", EXPRESSIONS, b"/a/\n/b/ \t\n/c/i\n/d/ x\n", "a|b|c|C|d"),
    Case(
        "negated expressions",
        EXPRESSIONS,
        b"!/[ab]/ one\n! ! /a/ two\n!!!/b/ three\n! /c/ four\n!\n",
        "a|b|c|ab|z",
    ),
    Case(
        "references",
        EXPRESSIONS,
        b"/^a(.*)@(.*)$/ x$1.$2 ${2} $(1)$$1\n/^b(.)?$/ <$1>\n/^c$/ $$ 5\n/^d(.)(.)/ $2$1${1}2\n/^e(.)$/ $$$1$$\n",
        "abc@d|b|bx|c|dxy|ex|a@|ex@",
    ),
    Case(
        "references that are wrong",
        EXPRESSIONS,
        b"/a/ $0\n/b/ $x\n/c/ $\n/d(.)/ ${1\n/e/ ${}\n/f(.)/ $1x\n!/(g)/ $1\n/h(.)/ ${ 1 }\n/i(.)/ $(1}\n/j/ a $ b\n"
        b"/k/ ${1{2}}\n/l(.)/ $01\n/m(.)/ ${1}x $1_\n!/n/ $$1\n/o/ $00\n/p/ ${1?x}\n",
        "a|b|c|dx|e|fx|hx|ix|j|k|lx|mx|n|o|p",
    ),
    Case(
        "if around expressions",
        EXPRESSIONS,
        b"if /a/\n/b/ one\nIF !/c/\n/d/ two\n"
        b"if !! /e/\n/f/ three\nendif\n/./ four\nEndif x\n/./ five\nENDIF\n/./ six\n",
        "a|ab|ad|acd|aef|acef|x|ac",
    ),
    Case(
        "if and endif that are wrong",
        EXPRESSIONS,
        b"endif\nif\nif !\nif x\nif /a\nif /a/q\n/a/ one\nendif\nif /b/ /c/ two\n/c/ three\nendif\nif/d/\n/e/ four\n"
        b"endif!\nifx\nif_f_\n/g/ five\nendify\n/h/ six\nendif\n/i/ seven\nendif\n",
        "a|b|c|bc|de|fg|fh|g|h|i|x",
    ),
    Case(
        "if without endif",
        EXPRESSIONS,
        b"/a/ one\nif /b/\n/c/ two\nif !/d/\n/e/ three\n/./ four\n",
        "a|b|c|bc|bde|be|d",
    ),
    Case(
        "expression rows over several lines",
        EXPRESSIONS,
        b"# x\n/a/\n # y\n  one,\r\n\n\ttwo\r\n"
        b"/b/\n/c\n d/ three # four\nif /e\n /\n/f/ five\nendif\n/g/ six\n/h/ seven",
        "a|b|c d|cd|e f|ef|g|h",
    ),
    Case(
        "rows that are none", EXPRESSIONS, b"a b\n/c d\n/e\\/ f\n/\n//\n/g/h i\nj /k/ l\n/m/ n\n", "a|b|c d|e/ f|g|k|m|"
    ),
    Case(
        "first row starts with a blank", EXPRESSIONS, b"  /a/ one\n# x\n  /b/ two\n/c/ three\n  /d/ four\n", "a|b|c|d"
    ),
    Case(
        "odd delimiters",
        EXPRESSIONS,
        b"!aba one\n!cc two\n#d# three\n"
        b"=e= four\n{f{ five\n(g( six\n.h. seven\n\\i\\ eight\n\xc2\xa7j\xc2\xa7 nine\n\xe9k\xe9 ten\n",
        "b|x|d|e|f|g|h|i|j|k|m",
    ),
    Case(
        "NUL in expression rows",
        EXPRESSIONS,
        b"/a/ one\0two\n/b/\0 three\n\0/c/ four\n/d\0/ five\n/e/ six\n",
        "a|b|c|d|e",
    ),
    Case(
        "carriage returns in expression rows",
        EXPRESSIONS,
        b"/a/ one\r\nif /b/\r\n/c/ two\r\nendif\r\n/d/\r\n\r\n/e/ three\r\n",
        "a|b|bc|c|d|e",
    ),
    Case(
        "two expressions",
        ("regexp",),
        b"/a/!/b/ one\n/c/i!!/d/ two\n!/e/!/f/ three\n"
        b"/(g)/!/h/ <$1>\n/i/ !/j/ four\n/k/!/l four\n/m/!n five\n/o/! ! /p/ six\n",
        "a|ab|c|cd|eg|ef|ei|eij|em|ek|eo|eop|e",
    ),
    Case("exclamation mark behind the flags", ("pcre",), b"/a/!/b/ one\n/c/i! two\n/d/ !/e/ three\n", "a|ab|c|d|de"),
    Case(
        "expressions that are not valid",
        EXPRESSIONS,
        b"/(a/ one\n/c/ three $1\n/(d)/ $2\n/a/ four\n!/(e/ five\n/[f/ six\n/b/ seven\n",
        "a|(a|b|c|d|e|f",
    ),
    Case("backslash at the end", EXPRESSIONS, b"/a\\\n/b/ one\\\n/c\\\n  d/ two\n!/e\\", "a|b|c d|c\\  d|x|e"),
)
