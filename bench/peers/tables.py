"""How is a long table written? `python -m bench.peers.tables ours|openpyxl ROWS` measures one way."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.stage import memory_of

TITLES = [f"列 {n}" for n in range(1, 13)]


def rows(count: int) -> Iterator[list[Any]]:
    """Texts that look like formulas are among them; each must arrive as text."""
    for n in range(count):
        yield [
            n, f"第 {n % 40} 车间", f"测{n}", "居民身份证", f"45010019680101{n % 10000:04d}", "男",
            "1968-01-01",
            f"13{n:09d}", "城镇职工基本医疗保险", f"4501{n:012d}", "=1+1" if n % 50 == 0 else "备注", n * 100,
        ]  # fmt: skip


def ours(count: int, path: Path) -> None:
    from core.sheets import write_xlsx

    path.write_bytes(write_xlsx(TITLES, rows(count)))


def openpyxl(count: int, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(TITLES)
    for row in rows(count):
        if row[10].startswith("="):
            row[10] = WriteOnlyCell(sheet, row[10])
            row[10].data_type = "s"
        sheet.append(row)
    book.save(path)


if __name__ == "__main__":
    way = {"ours": ours, "openpyxl": openpyxl}[sys.argv[1]]
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        way(int(sys.argv[2]), Path(folder) / "table.xlsx")
        took = time.perf_counter() - started
    print(json.dumps({"seconds": took, "peak_mb": memory_of(os.getpid(), "VmHWM")}))
