"""Which columns does the bank want, and what are they called in its answer? Read from config/banks/*.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from config.settings import ROOT

FOLDER = ROOT / "config" / "banks"
KNOWN = {"batch", "sequence", "payee_name", "payee_bank", "payee_card", "amount", "remark", "claim_number"}


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
def layout(name: str) -> Layout:
    """The layout `name`. Raises `LayoutError`."""
    path = FOLDER / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        columns = tuple(content["columns"].items())
        unknown = {field for _, field in columns} - KNOWN
        if unknown:
            raise LayoutError(f"{path.name}: columns knows no {', '.join(sorted(unknown))}")
        outcomes = content["outcomes"]
        return Layout(
            content["label"],
            content["encoding"],
            columns,
            dict(content["result"]),
            tuple(outcomes["paid"]),
            tuple(outcomes["failed"]),
        )
    except OSError:
        raise LayoutError(f"{path.name}: there is no such layout") from None
    except KeyError as error:
        raise LayoutError(f"{path.name}: {error.args[0]} is missing") from None
