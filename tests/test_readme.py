"""Every code block in README, CONTRIBUTING, CHANGELOG and docs runs, and every path they name exists.

A Python block is a program of its own. A block that continues the one before it says so by the comment
`# … continued` on its first line. Blocks that call models find simulated endpoints where the providers would be.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
CODE_PATH = re.compile(r"`((?:rust|python|tests|benches|examples|\.ci|\.github)/[\w./-]*)`")
CONTINUED = "# … continued\n"
KNOWN = {"python", "sh", "toml", "text", "json", "rust", "mermaid", "diff"}


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language and its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks() -> list[Block]:
    """All blocks of all pages, each continued one with what it continues put before it."""
    found: list[Block] = []
    for page in PAGES:
        text = page.read_text()
        before = ""
        for match in FENCE.finditer(text):
            language, body = match[1], match[2]
            if language == "python":
                body = before + "\n" * body.startswith(CONTINUED) + body if body.startswith(CONTINUED) else body
                before = body
            found.append(Block(page, text.count("\n", 0, match.start()) + 1, language, body))
    return found


BLOCKS = blocks()


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "python"], ids=str)
def test_programs_run(block: Block, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(block.text)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "against_simulation.py"), str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stderr}"
    assert done.stdout.strip(), f"{block} shows nothing"


def test_the_readme_has_programs() -> None:
    assert sum(block.language == "python" and block.page.name == "README.md" for block in BLOCKS) >= 3


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "sh"], ids=str)
def test_commands_exist(block: Block) -> None:
    """Commands are not run here (they build, install or race): each must name something that is there."""
    for line in block.text.splitlines():
        command, *arguments = line.split("#")[0].split() or ["#"]
        match command:
            case "#" | "pip" | "cd" | "git" | "export":
                continue
            case "make":
                targets = [argument for argument in arguments if "=" not in argument]
                done = subprocess.run(["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, check=False)
                assert done.returncode == 0, f"{line}: {done.stderr.decode()}"
            case "cargo":
                assert shutil.which("cargo")
            case _ if command.startswith("."):
                assert (ROOT / command).exists(), line
            case _:
                pytest.fail(f"{block}: {line!r} is no command this test knows how to check")


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_says_its_language(block: Block) -> None:
    assert block.language in KNOWN, f"{block} has language {block.language!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_exists(page: Path) -> None:
    text = page.read_text()
    linked = [page.parent / path for path in LINK.findall(FENCE.sub("", text))]
    named = [ROOT / path for path in CODE_PATH.findall(FENCE.sub("", text))]
    missing = [str(path.relative_to(ROOT)) for path in {*linked, *named} if not path.exists()]
    assert not missing
