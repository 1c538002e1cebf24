"""Which rows has a report, a page of them or piece by piece? One definition for page, total and export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from claims.queries import reporting as claims
from core import clock, keyset
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.fields import mask_id, mask_name
from core.identifiers import ID_TYPES
from employee import queries as employees
from enrolment.queries import reporting as enrolments
from plans import queries as covers
from plans import service as plans
from reports.queries.narrowing import Given, claims_wanted, day_of, needs_union, people_of
from reports.queries.scope import reaches
from reports.rules import CLAIMS, COVERAGES, ENROLMENTS, FEW_UNIONS
from union import queries as unions
from union.queries import Reach

PAGE = 50
MOST_COUNTED = 2000
OF_ALL = {"kind", "plan", "was"}  # filters of claims whose order an index holds for all unions together


class Column(NamedTuple):
    """One column: the attribute of a line, its heading, how it is shown (as `data_table` names it)."""

    key: str
    label: str
    kind: str = "text"


COLUMNS = {
    ENROLMENTS: (
        Column("number", "申报编号"),
        Column("union", "参保工会"),
        Column("plan", "保障计划"),
        Column("nature", "单位性质"),
        Column("headcount", "单位从业人数", "num"),
        Column("participant_count", "参加人数", "num"),
        Column("share", "参保比例"),
        Column("fee_due_fen", "应缴金额", "money"),
        Column("submitted_at", "提交时间", "when"),
        Column("state", "状态", "tag"),
        Column("confirmed_at", "办结时间", "when"),
    ),
    COVERAGES: (
        Column("name", "姓名"),
        Column("id_type", "证件类型"),
        Column("id_number", "证件号码"),
        Column("union", "参保单位"),
        Column("plan", "保障计划"),
        Column("starts_on", "保障开始", "day"),
        Column("ends_on", "保障结束", "day"),
        Column("state", "参保状况", "tag"),
    ),
    CLAIMS: (
        Column("number", "申报号"),
        Column("kind", "补助类型"),
        Column("name", "姓名"),
        Column("id_number", "证件号码"),
        Column("union", "单位"),
        Column("plan", "保障计划"),
        Column("admitted_on", "入院", "day"),
        Column("discharged_on", "出院", "day"),
        Column("submitted_at", "提交时间", "when"),
        Column("state", "状态", "tag"),
        Column("decided_at", "审核结束", "when"),
        Column("award_fen", "核定金额", "money"),
        Column("paid_at", "打款时间", "when"),
    ),
}
# Too much for a screen; the table that is exported has them all.
ONLY_EXPORTED: dict[str, set[str]] = {
    ENROLMENTS: {"nature", "confirmed_at"},
    COVERAGES: {"id_type"},
    CLAIMS: {"plan", "admitted_on", "discharged_on", "decided_at"},
}


# What the rows of a list add up to, in words and by column.
SUMS = {ENROLMENTS: ("应缴金额合计", "fee_due_fen"), CLAIMS: ("核定金额合计", "award_fen")}


class Total(NamedTuple):
    """How many, and what they add up to; `is_all` is False when there are more than were counted."""

    rows: int
    fen: int
    is_all: bool


class Spread(NamedTuple):
    """The rows of several unions, to be read union by union: the query without the unions' condition."""

    query: Select[Any]
    over: keyset.Spread
    merges: bool  # few unions, each of which an index holds in the list's order


class Rows(NamedTuple):
    """The rows of a report as a query, with the columns they are ordered by."""

    query: Select[Any]
    order: tuple[Any, ...]
    spread: Spread | None = None


class Masks(NamedTuple):
    """What the reader sees whole."""

    name: bool = False
    number: bool = False


def rows_of(kind: str, actor: Actor, scope: Mapping[str, Any], given: Given) -> Rows:
    """Everything within a scope that the filters ask for. Raises `Missing`, `Refused`."""
    found = reaches(scope, given)
    if kind == COVERAGES and (words := needs_union(_is_few(found.get("readers")), given)):
        raise Refused(words, "union")
    also = claims.not_own(actor) if kind == CLAIMS else true()
    rows = _within(kind, found, given, also)
    return rows._replace(spread=_spread(kind, found, given, also))


def _within(kind: str, found: Mapping[str, Reach], given: Given, also: ColumnElement[bool]) -> Rows:
    if kind == CLAIMS:
        return _claims(found, given, also)
    return _enrolments(found, given) if kind == ENROLMENTS else _covers(found.get("readers"), given)


def _spread(kind: str, found: Mapping[str, Reach], given: Given, also: ColumnElement[bool]) -> Spread | None:
    """Where every part of the scope is the same unions (nearly always), and they are several."""
    parts = set(found.values())
    first = next(iter(parts), unions.EVERYWHERE)
    over = first.spread(_union_of(kind, given)) if len(parts) == 1 else None
    if over is None:
        return None
    whole = _within(kind, dict.fromkeys(found, unions.EVERYWHERE), given, also)
    other = kind == CLAIMS and (given.get("by", "submitted") != "submitted" or set(given) & OF_ALL)
    return Spread(whole.query, over, first.is_mergeable and not other)


def _union_of(kind: str, given: Given) -> Any:
    """The column that names a row's union."""
    if kind == COVERAGES:
        return employees.PERSON_UNION if given.get("state") == "uncovered" else covers.COVER_UNION
    return claims.UNION if kind == CLAIMS else enrolments.UNION


def page(kind: str, rows: Rows, masks: Masks, *, before: str = "", after: str = "") -> keyset.Turn:
    """One page, the newest first. Rows are dictionaries of `COLUMNS`."""
    found = _turn(rows, PAGE, before=before, after=after)
    return found._replace(rows=lines(kind, found.rows, masks))


def total(kind: str, rows: Rows, most: int | None) -> Total:
    """How many rows and their sum; no further than `most`. Of too many nobody wants to know the sum."""
    count = _count(_counted(rows, ("id",), most + 1 if most else None))
    is_all = not most or count <= most
    column = SUMS.get(kind, ("", ""))[1] if is_all and count else ""
    if not column:
        return Total(count, 0, is_all)
    counted = _counted(rows, (column,), most)
    return Total(count, int(db.session.scalar(select(func.sum(counted.c[column]))) or 0), is_all)


def count_up_to(rows: Rows, most: int) -> int:
    """How many rows, but at most one more than `most`: is it too much?"""
    return _count(_counted(rows, ("id",), most + 1))


def piece(rows: Rows, cursor: str, size: int) -> tuple[Sequence[Any], str]:
    """The next rows and where to go on ("" at the end)."""
    found = _turn(rows, size, after=cursor)
    return found.rows, found.after


def _turn(rows: Rows, size: int, *, before: str = "", after: str = "") -> keyset.Turn:
    by_union = rows.spread if rows.spread and rows.spread.merges else None
    query, over = (by_union.query, by_union.over) if by_union else (rows.query, None)
    return keyset.turn(query, rows.order, size, before=before, after=after, newest=True, spread=over)


def _count(counted: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(counted)) or 0)


def _counted(rows: Rows, names: tuple[str, ...], most: int | None) -> Any:
    """The columns to count and to add up, of at most so many rows."""
    query, over = (rows.spread.query, rows.spread.over) if rows.spread and most else (rows.query, None)
    narrow = query.with_only_columns(*[query.selected_columns[name] for name in names])
    return keyset.capped(narrow, rows.order, most, over) if most else narrow.subquery()


def lines(kind: str, rows: Iterable[Any], masks: Masks) -> list[dict[str, Any]]:
    """Rows in words, opened and masked: three statements for however many."""
    rows = list(rows)
    if kind == ENROLMENTS:
        return _enrolled(rows)
    people = employees.named(row.employee_id for row in rows)
    names = unions.names_of(row.union_id for row in rows)
    codes = {plan.code: plan.name for plan in plans.all_plans()}
    said = []
    for row in rows:
        person = people.get(row.employee_id) or employees.Named("", "", "")
        line = {
            "name": person.name if masks.name else mask_name(person.name),
            "id_number": person.id_number if masks.number else mask_id(person.id_number),
            "id_type": ID_TYPES.get(person.id_type, ""),
            "union": names.get(row.union_id, ""),
            "plan": codes.get(row.plan_code, row.plan_code or ""),
            "employee_id": row.employee_id,
        }
        said.append(line | (_claim(row) if kind == CLAIMS else _cover(row)))
    return said


def cells(kind: str, line: Mapping[str, Any]) -> list[Any]:
    """A line as a sheet keeps it: sums as numbers of yuan, days as days."""
    found = []
    for column in COLUMNS[kind]:
        value = line[column.key]
        found.append(Decimal(value) / 100 if column.kind == "money" and value is not None else value)
    return found


def _claims(found: Mapping[str, Reach], given: Given, also: ColumnElement[bool]) -> Rows:
    seen = and_(also, claims.within(found.get("readers"), found.get("finance")))
    wanted = claims_wanted(given)
    return Rows(claims.listed(seen, wanted), claims.order(wanted))


def _enrolments(found: Mapping[str, Reach], given: Given) -> Rows:
    seen = enrolments.scope(found.get("readers"), found.get("finance"))
    query = enrolments.listed(
        seen,
        state=given.get("state", ""),
        plan_code=given.get("plan", ""),
        since=day_of(given, "since"),
        until=day_of(given, "until"),
    )
    return Rows(query, enrolments.ORDER)


def _enrolled(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """An enrolment names the union as its record was when it was handed in."""
    codes = {plan.code: plan.name for plan in plans.all_plans()}
    said = []
    for row in rows:
        line = row._asdict()
        share = f"{100 * row.participant_count / row.headcount:.1f}%" if row.headcount else ""
        said.append(
            line
            | {
                "union": row.union_name + ("（补充参保）" if row.supplement_of_id else ""),
                "plan": codes.get(row.plan_code, row.plan_code),
                "share": share,
                "state": enrolments.state_words(row.state),
            }
        )
    return said


def _covers(reach: Reach | None, given: Given) -> Rows:
    if given.get("state") == "uncovered":
        within = _held(reach, employees.PERSON_UNION)
        query = employees.without_cover(given.get("plan") or plans.all_plans()[0].code, within)
        return Rows(query, employees.PERSON_ORDER)
    query = covers.covered(
        _held(reach, covers.COVER_UNION),
        plan_code=given.get("plan", ""),
        first_time=True if given.get("state") == "first" else None,
        since=day_of(given, "since"),
        until=day_of(given, "until"),
        people=people_of(given),
    )
    return Rows(query, covers.COVER_ORDER)


def _is_few(reach: Reach | None) -> bool:
    return reach is not None and reach.ids is not None and len(reach.ids) <= FEW_UNIONS


def _held(reach: Reach | None, column: Any) -> ColumnElement[bool]:
    return or_(false(), reach.holds(column)) if reach else false()


def _cover(row: Any) -> dict[str, Any]:
    if not hasattr(row, "starts_on"):
        return {"starts_on": None, "ends_on": None, "state": "未参保"}
    cover = plans.Cover(row.starts_on, row.ends_on, row.is_first_time)
    standing = plans.standing(plans.plan_or_none(row.plan_code), cover, clock.today())
    return {"starts_on": row.starts_on, "ends_on": row.ends_on, "state": standing.label}


def _claim(row: Any) -> dict[str, Any]:
    kind, state = claims.words(row)
    same: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "number", "admitted_on", "discharged_on", "submitted_at", "decided_at", "award_fen", "paid_at",
        )
    }  # fmt: skip
    return {**same, "kind": kind, "state": state}
