"""Who keeps rosters in these tests? A tree of unions, their operators, workbooks from the template."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook, load_workbook

from core.db import db as database
from core.roles import AUDITOR, CHAIR, OPERATOR
from employee.models import Employee
from roster import jobs, service
from roster.models import RosterImport
from tests.world import World, id_number
from union.models import Union


@dataclass
class Tree:
    """城 above 厂 and 店; 厂 above 车间."""

    city: Union
    plant: Union
    shop: Union
    floor: Union


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def tree(world: World) -> Tree:
    city = world.union("示例城工会")
    plant = world.union("示例厂工会", city)
    return Tree(city, plant, world.union("示例店工会", city), world.union("示例车间工会", plant))


@pytest.fixture
def sits(app: Flask, world: World) -> Callable[..., Any]:
    """`sits(union, OPERATOR)`: a signed-in browser of somebody with this role there."""

    def make(union: Union | None, *roles: str) -> Any:
        client = app.test_client()
        world.sign_in(client, staff=world.staff(*(roles or (OPERATOR,)), union=union))
        return client

    return make


def filled(rows: Sequence[Sequence[Any]], content: bytes | None = None) -> bytes:
    """The template with these rows under its headings, saved as a spreadsheet program would."""
    book = load_workbook(io.BytesIO(content or service.template()))
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def number(serial: int) -> str:
    """A certificate number nobody of `World` has."""
    import datetime as dt

    return id_number(serial, dt.date(1975, 5, 1))


def rows_of(content: bytes) -> list[list[Any]]:
    """The cells of a downloaded workbook."""
    return [list(row) for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]


def sent(content: bytes, name: str = "名册.xlsx") -> dict[str, Any]:
    return {"file": (io.BytesIO(content), name)}


def upload(client: Any, union: Union, content: bytes, name: str = "名册.xlsx") -> Any:
    return client.submit(
        f"/admin/roster/import?union={union.id}",
        {"union": str(union.id), "op": _op(client, union), **sent(content, name)},
        content_type="multipart/form-data",
    )


def _op(client: Any, union: Union) -> str:
    import secrets

    return secrets.token_urlsafe(24)


def import_of(union: Union) -> RosterImport:
    database.session.rollback()
    database.session.expire_all()
    query = database.session.query(RosterImport).filter_by(union_id=union.id)
    return query.order_by(RosterImport.uploaded_at.desc()).first()


def people_of(union: Union) -> list[Employee]:
    database.session.rollback()
    database.session.expire_all()
    return database.session.query(Employee).filter_by(union_id=union.id).order_by(Employee.id).all()


def work() -> None:
    """The worker's turn."""
    jobs.work()
    database.session.rollback()
    database.session.expire_all()


__all__ = ["AUDITOR", "CHAIR", "OPERATOR", "Workbook"]
