"""Do our words help? No phrase that blames or says nothing, and every refusal says what to do next."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_SHOWN = {"tests", "bench", "sandbox", "tools", "migrations", "docs", "node_modules", "static"}
REFUSALS = {"Refused", "Invalid", "Conflict", "TooMany", "NotAllowed", "Missing"}
EMPTY_WORDS = re.compile(
    r"系统异常|系统错误|未知错误|非法|参数错误|无效的|(?<!打款)(?:操作|提交|请求|保存)失败"
)
WHAT_TO_DO = re.compile(r"请|联系|再试|重新|改|换|选|填|上传|核对|等|可以|可在|应为|应当|不能|回")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def _sources(pattern: str) -> Iterator[Path]:
    for room in ROOT.iterdir():
        if room.is_dir() and room.name not in NOT_SHOWN and not room.name.startswith("."):
            yield from room.rglob(pattern)


def _words(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def refusals(tree: ast.Module) -> Iterator[str]:
    """The words of each refusal, also where a name of the same file stands for them."""
    named = {
        target.id: _words(line.value)
        for line in tree.body
        if isinstance(line, ast.Assign)
        for target in line.targets
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in REFUSALS and call.args:
            said = call.args[0]
            yield named.get(said.id, "") if isinstance(said, ast.Name) else _words(said)


def test_every_refusal_says_what_to_do() -> None:
    said = {
        text: path.name for path in _sources("*.py") for text in refusals(ast.parse(path.read_text("utf-8")))
    }
    assert len(said) > 40
    assert {t: name for t, name in said.items() if CHINESE.search(t) and not WHAT_TO_DO.search(t)} == {}


def test_no_words_that_say_nothing() -> None:
    found = {}
    for path in [*_sources("*.py"), *_sources("*.html"), *_sources("*.toml")]:
        if words := EMPTY_WORDS.findall(path.read_text("utf-8")):
            found[path.name] = words
    assert found == {}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('raise Refused("金额不对")', ["金额不对"]),
        ('WORDS = "不行"\nraise Conflict(WORDS)', ["不行"]),
        ('raise errors.TooMany(f"请 {n} 分钟后再试", 60)', ["请  分钟后再试"]),
        ('note("金额不对")', []),
    ],
)
def test_refusals_are_found(source: str, said: list[str]) -> None:
    assert list(refusals(ast.parse(source))) == said
