"""bad-expansion calls an error exactly what real postconf dies on."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Severity
from postlint.engine.lint import lint
from postlint.rules.bad_expansion import bad_expansion
from postlint.target import PostfixVersion, Target
from postlint.text import Source

FORMS = r"""
${foo | $(foo | ${foo) | ${} | $() | ${ } | $ | a $ | $-x | $$ | $$$ | ${:text} | ${?text} | ${ foo } | ${foo-bar} | $é
${$foo} | ${foo bar} | ${foo?a:{b}} | ${foo?{a}b} | ${nope?{a}b} | ${nope?{a}:{b}c} | ${foo?{a}:{b}c} | ${foo?{a}
${foo?{a}:b} | ${foo?{a} : {b} } | ${foo:{b}:{c}} | ${nope:{b}:{c}} | ${foo:{b}c} | ${{a} == {b}?{x}:{y}} | ${foo?}
${{a} = {b}?{x}:{y}} | ${{a} == b ? {x}} | ${{a}} | ${{a} == {b}} | ${{a} == {b} {x}} | ${{a} == {b} ? x : y} | ${foo:}
${{a}==length{b}?{x}} | ${{a} <=level {b}?{x}} | ${{3.6} <=level {3.10}?{x}} | $(foo?{a}:{b}) | $({a} == {a}?{x})
$({a} == {a}?(x) | ${nope?${bad} | ${nope?{${bad-x}}} | ${foo?{${bad-x}}} | ${nope?{${bad} | ${foo??x} | $${foo
${{a} == {$}?{x}} | ${{99999999999999999999} < {2}} | ${foo?{$mydestination}} | ${nope?{$mydestination}} | $(foo?{)}
${mydestination?x} | $mydestination b | ${{$mydestination} == {x}?{y}} | ${foo?{a}:{${bad-x}}} | $(foo?({)x) | ${a-}
${{a} == {b} ?} | ${foo ? {a} : {b}} | ${{a} == {b}:{$}} | ${{a} == {b}?{$}} | ${ {a} == {a} ? {x} } | ${foo!?x} | $name
"""


# A chain of names; Postfix gives up on more than a hundred.
CHAIN = "mydestination = $v1\n" + "".join(f"v{number} = $v{number + 1}\n" for number in range(1, 99))


def values() -> list[str]:
    forms = FORMS.replace(" | ", "\n").strip().split("\n")
    found = [f"mydestination = {form}\n" for form in forms]
    found += [f"mydestination = x $inner\ninner = {form}\n" for form in forms[::4]]
    return [*found, f"{CHAIN}v99 = $v100\nv100 = end\n", f"{CHAIN}v99 = $v100\nv100 = $v101\nv101 = end\n"]


@pytest.mark.postfix
def test_error_is_what_postconf_dies_on(tmp_path: Path) -> None:
    texts = {f"compatibility_level = 3.6\nfoo = FOO\n{value}": tmp_path / str(n) for n, value in enumerate(values())}

    def dies(text: str) -> bool:
        texts[text].mkdir()
        (texts[text] / "main.cf").write_text(text)
        (texts[text] / "master.cf").write_text("")
        return subprocess.run(["postconf", "-c", texts[text], "-n"], capture_output=True, check=False).returncode != 0

    def is_error(text: str) -> bool:
        files = ConfigurationFiles(Source("main.cf", text), None)
        found = lint(files, Target(PostfixVersion(3, 7)), rules=[bad_expansion]).diagnostics
        return Severity.ERROR in {diagnostic.severity for diagnostic in found}

    # A program that dies sleeps for a second first.
    with ThreadPoolExecutor(32) as pool:
        real = dict(zip(texts, pool.map(dies, texts), strict=True))
    assert {text: is_error(text) for text in texts} == real
    assert 20 < sum(real.values()) < len(real) - 20
