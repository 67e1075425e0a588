"""Write docs/rules: one page per rule and an index, from the rules themselves.

Usage: python tools/build_docs.py
"""

from pathlib import Path

from postlint.output.manual import page
from postlint.rules import ALL

DOCS = Path(__file__).resolve().parent.parent / "docs" / "rules"


def pages() -> dict[str, str]:
    """Every generated file of docs/rules by its name."""
    found = {f"{rule.name}.md": page(rule) for rule in ALL}
    rows = [f"| [{rule.name}]({rule.name}.md) | {rule.severity} | {rule.fix} | {rule.summary} |" for rule in ALL]
    head = "# Rules\n\n| rule | severity, at most | fix | what it finds |\n|---|---|---|---|\n"
    found["README.md"] = head + "\n".join(rows) + "\n"
    return found


def main() -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in DOCS.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
