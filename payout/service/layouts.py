"""Which columns does the bank want, and what are they called in its answer? Read from config/banks/*.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from config.settings import ROOT

FOLDER = ROOT / "config" / "banks"
KNOWN = {"batch", "sequence", "payee_name", "payee_bank", "payee_card", "amount", "remark", "claim_number"}
# What an answer is recognised by: a file without one of these could be anybody's.
NEEDED = ("batch", "sequence", "payee_name", "payee_card", "amount", "outcome", "reason", "reference")
ENCODINGS = ("gb18030", "gbk", "utf-8", "utf-8-sig")


class LayoutError(ValueError):
    """A layout file is wrong; one line that names the file and the key."""


@dataclass(frozen=True)
class Layout:
    """`columns` pairs a heading with a field of ours; `result` maps our names to the bank's headings."""

    label: str
    encoding: str
    columns: tuple[tuple[str, str], ...]
    result: dict[str, str]
    paid: tuple[str, ...]
    failed: tuple[str, ...]


@lru_cache
def layout(name: str, folder: Path = FOLDER) -> Layout:
    """The layout `name`. Raises `LayoutError`."""
    path = folder / f"{name}.toml"
    try:
        return _build(path.name, tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise LayoutError(f"{path.name}: there is no such layout") from None
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(f"{path.name}: {error}") from None
    except KeyError as error:
        raise LayoutError(f"{path.name}: {error.args[0]} is missing") from None


def _build(file: str, content: dict[str, Any]) -> Layout:
    outcomes, result = content["outcomes"], {name: content["result"][name] for name in NEEDED}
    columns = tuple(content["columns"].items())
    if unknown := {field for _, field in columns} - KNOWN:
        raise LayoutError(f"{file}: columns knows no {', '.join(sorted(unknown))}")
    if content["encoding"] not in ENCODINGS:
        raise LayoutError(f"{file}: encoding must be one of {', '.join(ENCODINGS)}")
    paid, failed = tuple(outcomes["paid"]), tuple(outcomes["failed"])
    if set(paid) & set(failed):
        raise LayoutError(f"{file}: outcomes has the same word for paid and failed")
    return Layout(content["label"], content["encoding"], columns, result, paid, failed)
