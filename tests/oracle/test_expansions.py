"""bad-expansion calls an error exactly what real postconf dies on."""

import subprocess
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


@pytest.mark.postfix
@pytest.mark.parametrize("form", FORMS.replace(" | ", "\n").strip().split("\n"))
@pytest.mark.parametrize("over", [False, True], ids=["itself", "over a name"])
def test_error_is_what_postconf_dies_on(tmp_path: Path, form: str, over: bool) -> None:
    value = f"mydestination = x $inner\ninner = {form}\n" if over else f"mydestination = {form}\n"
    text = f"compatibility_level = 3.6\nfoo = FOO\n{value}"
    (tmp_path / "main.cf").write_text(text)
    (tmp_path / "master.cf").write_text("")
    dies = subprocess.run(["postconf", "-c", tmp_path, "-n"], capture_output=True, check=False).returncode != 0
    files = ConfigurationFiles(Source("main.cf", text), None)
    found = lint(files, Target(PostfixVersion(3, 7)), rules=[bad_expansion]).diagnostics
    assert (Severity.ERROR in {diagnostic.severity for diagnostic in found}) == dies


@pytest.mark.postfix
@pytest.mark.parametrize(("names", "dies"), [(100, False), (101, True)])
def test_error_is_more_than_a_hundred_names(tmp_path: Path, names: int, dies: bool) -> None:
    chain = "".join(f"v{number} = $v{number + 1}\n" for number in range(1, names))
    text = f"mydestination = $v1\n{chain}v{names} = end\n"
    (tmp_path / "main.cf").write_text(text)
    (tmp_path / "master.cf").write_text("")
    assert (
        subprocess.run(["postconf", "-c", tmp_path, "-n"], capture_output=True, check=False).returncode != 0
    ) == dies
    found = lint(ConfigurationFiles(Source("main.cf", text), None), rules=[bad_expansion]).diagnostics
    assert [diagnostic.severity for diagnostic in found] == [Severity.ERROR] * dies
