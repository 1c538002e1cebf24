"""Which test proves which requirement? Read from the tests' names, first words and case names.

A test claims an id (`GX-17`, in names `GX_17`) in its name, its docstring or the id of one of its cases; a
range (`GX-10 … GX-16`, `GX_01_to_GX_32`) stands for every id in it. Headings of files and comments count
for nothing, so that each claim is about one test.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "requirements.toml"
ID = re.compile(r"\b(?:GX|XM)-\d{2,3}\b")
RANGE = re.compile(r"(?P<kind>GX|XM)-(?P<first>\d{2,3}) ?(?:…|–|to) ?(?:(?P=kind)-)?(?P<last>\d{2,3})\b")
IN_NAME = re.compile(r"(?:^|_)(gx|xm)_(\d{2,3})(?:_to_(?:\1_)?(\d{2,3}))?(?=_|$)", re.IGNORECASE)

Wanted = dict[str, tuple[str, str]]
Proofs = dict[str, list[str]]


def wanted() -> Wanted:
    """Every id with its title in English and in the manual's words, in the manuals' order."""
    parts = tomllib.loads(LIST.read_text("utf-8"))
    return {id_: (english, chinese) for part in parts.values() for id_, (english, chinese) in part.items()}


def proofs(folder: Path = ROOT / "tests") -> Proofs:
    """Id → the tests (`path::name`) that claim it; ids that no manual has are in it too."""
    known, found = wanted(), Proofs()
    for path in sorted(folder.rglob("test_*.py")):
        for test, words in claims(ast.parse(path.read_text("utf-8"))):
            for id_ in ids(words, known):
                found.setdefault(id_, []).append(f"{path.relative_to(folder.parent).as_posix()}::{test}")
    return found


def claims(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name, what it says of itself) of each test of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            cases = [case for mark in node.decorator_list for case in _cases(mark)]
            yield node.name, " | ".join([_spelt(node.name), ast.get_docstring(node) or "", *cases])


def _spelt(name: str) -> str:
    """The ids of a function's name as they are written elsewhere."""
    spans = [(kind.upper(), first, last) for kind, first, last in IN_NAME.findall(name)]
    return " | ".join(f"{kind}-{first}" + (f" to {last}" if last else "") for kind, first, last in spans)


def _cases(mark: ast.expr) -> Iterator[str]:
    """The texts given as `id=` or `ids=` to pytest.param and parametrize."""
    for call in (node for node in ast.walk(mark) if isinstance(node, ast.Call)):
        for given in (word.value for word in call.keywords if word.arg in ("id", "ids")):
            texts = (node.value for node in ast.walk(given) if isinstance(node, ast.Constant))
            yield from (text for text in texts if isinstance(text, str))


def ids(words: str, known: Wanted) -> list[str]:
    """The ids in these words, each once; a range gives what the manuals have of it."""
    found = ID.findall(words)
    for span in RANGE.finditer(words):
        inside = range(int(span["first"]), int(span["last"]) + 1)
        found.append(f"{span['kind']}-{span['last']}")  # also when it is none: then somebody is told
        found += [id_ for id_ in known if id_[:2] == span["kind"] and int(id_[3:]) in inside]
    return list(dict.fromkeys(found))
