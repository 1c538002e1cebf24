"""B3: does a list of millions of rows open as fast as one of thousands, on its last page as on its first?

Two databases of the same server, one a hundred times the other; what waits for a decision is as much in
both, because years pile up and a day's work does not. Statements are timed and their plans read.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from bench import rows
from bench.figures import Goal, Line
from bench.stage import Size, Stage

if TYPE_CHECKING:
    import uuid

    from flask import Flask

    from core.access import Actor

IN_A_UNION = 1000
WAITING = 2000  # claims under review, whatever has been decided in all the years
BIG = 10_000  # a table of fewer rows may be read from end to end
CALLS = 9  # of which the fastest counts, a round
SLOWEST_MS = 5

Opened = Callable[[str], str]  # a cursor → the cursor of the next page


@dataclass
class Half:
    """One of the two databases, with who looks at it."""

    app: Flask
    url: str
    count: int
    unions: list[uuid.UUID] = field(default_factory=list)
    everywhere: Any = None
    here: Any = None
    people: list[uuid.UUID] = field(default_factory=list)

    @property
    def union(self) -> uuid.UUID:
        return self.unions[len(self.unions) // 2]

    def actor(self, *roles: str, is_here: bool = False) -> Actor:
        from tests.world import as_staff

        who = self.here if is_here else self.everywhere
        return as_staff(who, *roles, union_id=self.union if is_here else None)


def run(stage: Stage, size: Size) -> list[Line]:
    halves = (_half(stage, "few", size.list_rows // 100), _half(stage, "many", size.list_rows))
    lines: list[Line] = []
    for fill, lists in (
        (_people, _people_lists),
        (_figures, _cover_reports),
        (_claims, _claim_lists),
        (_months, _claim_reports),
        (_transitions, _own_lists),
        (_audit, _audit_lists),
        (_messages, _message_lists),
        (_inbox, _inbox_lists),
    ):
        print(f" {fill.__name__[1:]}", end="", flush=True)
        started = time.monotonic()
        for half in halves:
            with half.app.app_context():
                fill(half)
        print(f" {time.monotonic() - started:.0f} s,", end="", flush=True)
        lines += _measured(halves, lists, size)
    _close(halves)
    return lines


# --- what is measured


def _people_lists(half: Half) -> dict[str, tuple[Opened, str]]:
    from employee import queries as employees
    from union import queries as unions

    def roster(cursor: str) -> str:
        return employees.roster(half.union, after=cursor).after

    def number(_: str) -> str:
        return str(employees.with_number("450100196801010009", "13800000001", unions.below(half.union)))[:0]

    def named(cursor: str) -> str:
        return unions.page_of(None, part=f"第{half.count // IN_A_UNION // 2}", after=cursor).after

    def tree(cursor: str) -> str:
        return unions.page_of(unions.below_any([half.unions[0]]), after=cursor).after

    return {
        "roster of a union": (roster, _last_id("employee", half, f"union_id = '{half.union}'")),
        "roster search by number": (number, ""),
        "unions by a part of the name": (named, ""),
        "unions of a district": (tree, ""),
    }


def _claim_lists(half: Half) -> dict[str, tuple[Opened, str]]:
    from claims.queries import narrowing, own, work
    from core import roles

    everyone = half.actor(roles.FIRST_REVIEWER)
    here = half.actor(roles.OPERATOR, is_here=True)
    open_ = narrowing.Filters(states=("union_review", "first_review"))

    def waiting(actor: Actor, cursor: str) -> str:
        return work.waiting(actor, open_, after=cursor).after

    def register(actor: Actor, filters: narrowing.Filters, cursor: str) -> str:
        return work.register(actor, filters, after=cursor).after

    def counts(_: str) -> str:
        return "" if work.counts(everyone) else ""

    def of_person(cursor: str) -> str:
        return own.for_employee(half.people[7], cursor)[1]

    named = narrowing.Filters(union=f"第{half.count // IN_A_UNION // 2} ")
    paid = narrowing.Filters(states=("paid",))
    oldest, oldest_here = _last_id("claim", half, "true", "asc"), _last_id(
        "claim", half, f"union_id = '{half.union}'", "asc")  # fmt: skip
    last_waiting = _last_waiting(half)
    return {
        "work list of all unions": (partial(waiting, everyone), last_waiting),
        "work list of one union": (partial(waiting, here), ""),
        "counts of the work list": (counts, ""),
        "claims of all unions": (partial(register, everyone, narrowing.Filters()), oldest),
        "claims of one union": (partial(register, here, narrowing.Filters()), oldest_here),
        "claims of all unions, paid": (partial(register, everyone, paid), oldest),
        "claims of unions by name": (partial(register, everyone, named), oldest_here),
        "claims of a member": (of_person, ""),
    }


def _cover_reports(half: Half) -> dict[str, tuple[Opened, str]]:
    """XM-121 of all, of a district, of one union."""
    from core import roles
    from reports.rules import COVERAGES

    everyone = half.actor(roles.ADMINISTRATOR)

    return {
        "report of cover": (partial(_report, COVERAGES, everyone, {"plan": "GX-2026"}), ""),
        "report of cover, a district": (partial(_report, COVERAGES, _above(half), {"plan": "GX-2026"}), ""),
        "report of cover, a union": (
            partial(_report, COVERAGES, half.actor(roles.OPERATOR, is_here=True), {"plan": "GX-2026"}), "",
        ),
    }  # fmt: skip


def _claim_reports(half: Half) -> dict[str, tuple[Opened, str]]:
    """XM-122 in the ways it is narrowed most, and the dashboard."""
    from core import roles
    from reports.queries import board
    from reports.rules import CLAIMS

    everyone, here = half.actor(roles.ADMINISTRATOR), half.actor(roles.OPERATOR, is_here=True)
    one_day = {"since": "2026-01-01", "until": "2026-01-01"}

    def dashboard(_: str) -> str:
        nodes = board.nodes_of(None)
        board.months(nodes, dt.date(2026, 1, 1), dt.date(2026, 12, 1))
        board.plan_lines(nodes)
        return str(board.union_lines(None, "GX-2026"))[:0]

    return {
        "dashboard": (dashboard, ""),
        "report of claims": (partial(_report, CLAIMS, everyone, {}), ""),
        "report of claims, a district": (partial(_report, CLAIMS, _above(half), {}), ""),
        "report of claims, a union": (partial(_report, CLAIMS, here, {}), ""),
        "report of claims, refused": (partial(_report, CLAIMS, everyone, {"state": "refused"}), ""),
        "report of claims, one day": (partial(_report, CLAIMS, everyone, one_day), ""),
    }


def _above(half: Half) -> Actor:
    """Somebody whose right holds in one of the ten districts."""
    from core import roles
    from tests.world import as_staff

    return as_staff(half.everywhere, roles.ADMINISTRATOR, union_id=half.unions[0])


def _report(kind: str, by: Actor, given: dict[str, str], cursor: str) -> str:
    from reports.queries import listing
    from reports.queries.scope import scope_of

    rows_ = listing.rows_of(kind, by, scope_of(by, kind), given)
    listing.total(kind, rows_, listing.MOST_COUNTED)
    # The rows of a page; the names of copied people cannot be opened.
    return listing.piece(rows_, cursor, listing.PAGE)[1]


def _figures(half: Half) -> None:
    """What the job works out before anybody asks."""
    from core.db import transaction
    from reports.service import figures

    with transaction():
        figures.count_people()


def _months(half: Half) -> None:
    from core.db import transaction
    from reports.service import figures

    with transaction():
        figures.work_out(dt.date(2026, 1, 1))


def _own_lists(half: Half) -> dict[str, tuple[Opened, str]]:
    from claims.queries import work
    from core import roles
    from workbench import mine

    actor = half.actor(roles.FIRST_REVIEWER)

    def done(cursor: str) -> str:
        return mine.page(actor, after=cursor).after

    def recent(_: str) -> str:
        return str(work.recently_done(actor))[:0]

    return {"what I did": (done, ""), "what I did last": (recent, "")}


def _audit_lists(half: Half) -> dict[str, tuple[Opened, str]]:
    from workbench import trail

    def page(given: dict[str, str], cursor: str) -> str:
        return trail.page(dict.fromkeys(trail.NAMES, "") | given, after=cursor).after

    some = {"since": "2026-03-02", "until": "2026-03-02"}
    return {
        "audit of all": (partial(page, {}), _cursor("1")),
        "audit of one person": (partial(page, {"who": "示例员工 7"}), _cursor("40")),
        "audit of one action": (partial(page, {"action": "staff.grant"}), _cursor("40")),
        "audit of one day": (partial(page, some), ""),
    }


def _message_lists(half: Half) -> dict[str, tuple[Opened, str]]:
    import uuid as ids

    from notify import queries

    def sent(given: dict[str, str], cursor: str) -> str:
        found = queries.sent(**given, before=ids.UUID(cursor) if cursor else None)
        return str(found[-1].id) if found else ""

    last = _first_ids("outbox_message", half, 60)[-1]
    return {
        "messages of all": (partial(sent, {}), last),
        "messages of one channel": (partial(sent, {"channel": "sms"}), last),
        "messages of one kind": (partial(sent, {"kind": "test_message"}), ""),
        "messages in trouble": (partial(sent, {"status": "failed"}), ""),
    }


def _inbox_lists(half: Half) -> dict[str, tuple[Opened, str]]:
    from notify import queries

    def inbox(_: str) -> str:
        return str(queries.inbox(half.people[7]))[:0]

    return {"inbox of a member": (inbox, "")}


# --- how it is measured


def _measured(halves: tuple[Half, Half], lists: Any, size: Size) -> list[Line]:
    few, many = halves
    found: list[Line] = []
    made = []
    for half in halves:
        with half.app.app_context():
            made.append(lists(half))
    for name in made[0]:
        (small, _), (large, last) = made[0][name], made[1][name]
        sides: dict[str, list[float]] = {"few": [], "many": [], "last": []}
        for _ in range(size.rounds):
            sides["few"].append(_fastest(few, small, ""))
            sides["many"].append(_fastest(many, large, ""))
            if last:
                sides["last"].append(_fastest(many, large, last))
        found += _lines(name, halves, sides)
        slow, scans = _plans(many, large, last)
        found.append(Line("B3", f"{name}: slowest statement", "ms", [slow], [], "",
                          Goal(most=SLOWEST_MS, is_absolute=True, unit="ms")))  # fmt: skip
        found.append(Line("B3", f"{name}: big tables read whole", "", [len(scans)], [], " ".join(scans),
                          Goal(most=0, is_absolute=True, unit="")))  # fmt: skip
    return found


def _lines(name: str, halves: tuple[Half, Half], sides: dict[str, list[float]]) -> list[Line]:
    few, many = halves
    lines = [Line("B3", f"{name}, {many.count:,} rows", "ms", sides["many"], sides["few"],
                  f"{few.count:,} rows, ms", Goal(most=1.3))]  # fmt: skip
    if sides["last"]:
        lines.append(Line("B3", f"{name}, last page", "ms", sides["last"], sides["many"], "first page, ms",
                          Goal(most=2)))  # fmt: skip
    return lines


def _fastest(half: Half, opened: Opened, cursor: str) -> float:
    """Milliseconds of the page with its Python, the fastest of several: others use the machine too."""
    best = float("inf")
    for _ in range(CALLS):
        with half.app.app_context():
            started = time.perf_counter()
            opened(cursor)
            best = min(best, time.perf_counter() - started)
    return best * 1000


def _plans(half: Half, opened: Opened, last: str) -> tuple[float, list[str]]:
    """Milliseconds of the slowest statement (median of its runs), and big tables read from end to end."""
    times: dict[str, list[float]] = {}
    asked: dict[str, Any] = {}
    for cursor in {"", last}:
        for _ in range(CALLS):
            with half.app.app_context(), _timed() as seen:
                opened(cursor)
            for statement, given, seconds in seen:
                times.setdefault(statement, []).append(seconds * 1000)
                asked[statement] = given
    with half.app.app_context():
        scans = {name for statement, given in asked.items() for name in _whole(statement, given)}
    return max(median(one) for one in times.values()), sorted(scans)


@contextmanager
def _timed() -> Iterator[list[tuple[str, Any, float]]]:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    seen: list[tuple[str, Any, float]] = []
    started = [0.0]

    def before(*_: Any) -> None:
        started[0] = time.perf_counter()

    def after(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        seen.append((statement, given, time.perf_counter() - started[0]))

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def _whole(statement: str, given: Any) -> list[str]:
    """The big tables that this statement reads from end to end."""
    from core.db import db

    if not statement.lstrip().startswith("SELECT"):
        return []
    connection = db.session.connection().connection.cursor()
    plan = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", given).fetchone()[0]
    tables = set(_scanned(plan if isinstance(plan, list) else json.loads(plan)))
    known = connection.execute("SELECT relname FROM pg_class WHERE reltuples > %s", [BIG]).fetchall()
    return sorted(tables & {row[0] for row in known})


def _scanned(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _scanned(one)
    elif isinstance(node, dict):
        if node.get("Node Type") == "Seq Scan":
            yield node["Relation Name"]
        for value in node.values():
            if isinstance(value, dict | list):
                yield from _scanned(value)


# --- what is in the tables


def _half(stage: Stage, name: str, count: int) -> Half:
    from core import roles
    from tests.world import World

    app, url = stage.another(name)
    half = Half(app, url, count)
    with app.app_context():
        _unions(half, max(12, count // IN_A_UNION))
        world = World()
        half.everywhere = world.staff(roles.FIRST_REVIEWER)
        half.here = world.staff(roles.OPERATOR)
        from core.db import db

        db.session.refresh(half.everywhere), db.session.refresh(half.here)
        db.session.expunge_all()
    return half


def _unions(half: Half, count: int) -> None:
    """A city, ten districts, and the grassroots unions."""
    from sqlalchemy import select, text

    from core.db import db, transaction
    from union.models import Union

    top = "'/' || {} || '/' ".format(rows.id_of("0"))
    district = rows.id_of("(1 + n % 10)")
    with transaction():
        db.session.execute(
            text(
                "INSERT INTO trade_union (id, parent_id, path, name, level, nature, headcount, created_at)"
                f" SELECT {rows.id_of()}, CASE WHEN n > 10 THEN {district}"
                f" WHEN n > 0 THEN {rows.id_of('0')} END,"
                f" {top} || CASE WHEN n > 10 THEN {district} || '/' ELSE '' END"
                f" || CASE WHEN n > 0 THEN {rows.id_of()} || '/' ELSE '' END,"
                " '示例市第' || n || ' 工会委员会',"
                " CASE WHEN n > 10 THEN 'grassroots' WHEN n > 0 THEN 'district' ELSE 'city' END,"
                f" '国企', 1000, now() FROM generate_series(0, {count + 10}) n"
            )
        )
    found = db.session.scalars(select(Union.id).order_by(Union.id))
    half.unions = list(found)[1:]
    db.session.remove()


def _union_of(half: Half) -> str:
    """SQL: the grassroots union of row `n`."""
    return rows.id_of(f"(11 + n % {len(half.unions) - 10})")


def _people(half: Half) -> None:
    from core.db import db
    from tests.world import World
    from union.models import Union

    world, union = World(), db.session.get(Union, half.union)
    person = world.employee(union)
    coverage = world.cover(person)
    db.session.refresh(person), db.session.refresh(coverage)
    # Cover is kept aside: emptying the people empties it too.
    kept = {column.name: getattr(coverage, column.name) for column in coverage.__table__.columns}
    _fill(
        half, "employee", half.count, id=rows.id_of(), union_id=_union_of(half),
        id_number_bi=rows.bytes_of("a"), phone_bi=rows.bytes_of("b"),
    )  # fmt: skip
    _insert_one("coverage", kept | {"employee_id": _one_id("employee", half)})
    _fill(
        half, "coverage", half.count, id=rows.id_of(), employee_id=rows.id_of(),
        union_id=_union_of(half),
    )  # fmt: skip
    _name_people(half)


def _name_people(half: Half) -> None:
    """Seals name their row: those of the pages to be opened are made anew."""
    from sqlalchemy import select

    from core.db import db, transaction
    from employee.models import Employee

    with transaction():
        mine = select(Employee).where(Employee.union_id == half.union).order_by(Employee.id)
        for person in db.session.scalars(mine):
            person.name, person.id_number, person.phone = "张示例", f"X{person.id.hex[:16]}", None


def _claims(half: Half) -> None:
    from sqlalchemy import select

    from bench.people import with_claims
    from core.db import db
    from employee.models import Employee
    from tests.world import World
    from union.models import Union

    _drop(half, "employee")
    world, union = World(), db.session.get(Union, half.union)
    first = world.employee(union)
    with_claims(first, 1, "paid")
    _copy_people(first, 2000)
    half.people = list(db.session.scalars(select(Employee.id).order_by(Employee.id)))
    db.session.remove()
    every = max(half.count // WAITING, 1)
    _fill(
        half, "claim", half.count, id=rows.id_of(), number="'BZ' || lpad(n::text, 18, '0')",
        union_id=_union_of(half), employee_id=_person(half),
        state=f"CASE WHEN n % {every} = 0 THEN (CASE n / {every} % 4 WHEN 0 THEN 'second_review'"
              " WHEN 1 THEN 'first_review' WHEN 2 THEN 'union_review' ELSE 'first_review' END)"
              " WHEN n % 97 = 0 THEN 'refused' WHEN n % 101 = 0 THEN 'returned' ELSE 'paid' END",
        submitted_at="timestamptz '2026-01-01' + n * interval '0.5 second'",
        state_at="timestamptz '2026-01-02' + n * interval '0.5 second'",
        receipt_bi=rows.bytes_of("r"), payee_card_bi=rows.bytes_of("c"),
        first_reviewer_id=f"'{half.everywhere.id}'::uuid",
    )  # fmt: skip


def _copy_people(first: Any, count: int) -> None:
    """Real people, readable ones: a list opens the name of each row's person."""
    from core.db import db, transaction
    from employee.models import Employee

    with transaction():
        for n in range(count - 1):
            db.session.add(
                Employee(
                    union_id=first.union_id, id_type="resident_id", name="张示例", id_number=f"X{n:017d}"
                )
            )


def _person(half: Half) -> str:
    """SQL: somebody of the readable people."""
    listed = ",".join(f"'{one}'" for one in half.people)
    return f"((ARRAY[{listed}]::uuid[])[1 + n % {len(half.people)}])"


def _transitions(half: Half) -> None:
    """Two hundred people of staff did it; one in two hundred rows is ours."""
    _fill(
        half, "transition", half.count, id=rows.id_of(), object_id=rows.id_of(),
        action="CASE n % 3 WHEN 0 THEN 'approve' ELSE 'pass_first' END",
        actor_id=f"CASE WHEN n % 200 = 0 THEN '{half.everywhere.id}'::uuid"
                 f" ELSE {rows.id_of('(n % 200)')} END",
        actor_kind="'staff'", at="timestamptz '2026-01-02' + n * interval '0.5 second'",
    )  # fmt: skip


def _audit(half: Half) -> None:
    from core import audit
    from core.access import SYSTEM
    from core.db import transaction

    _drop(half, "claim", "transition")
    with transaction():
        audit.record("claim.show", "claim", "x", SYSTEM)
    _fill(
        half, "audit_entry", half.count, seq="n",
        at=f"timestamptz '2026-01-01' + n * (interval '100 days' / {half.count})",
        actor_label=f"'示例员工 ' || CASE WHEN n % {half.count // 40} = 0 THEN 7 ELSE 100 + n % 200 END",
        action=f"CASE WHEN n % {half.count // 40} = 1 THEN 'staff.grant'"
               " WHEN n % 2 = 0 THEN 'claim.reveal' ELSE 'claim.approve' END",
        object_kind="'employee'", object_id="'x' || n", digest=rows.bytes_of("d"),
    )  # fmt: skip


def _messages(half: Half) -> None:
    from core.db import db, transaction
    from notify.models import OutboxMessage

    _drop(half, "audit_entry")
    with transaction():
        db.session.add(_made(OutboxMessage(dedupe_key="x", lane="normal", channel="sms", kind="claim_paid",
                                           owner_kind="employee", owner_id=half.people[0], status="sent"),
                             address="13800000001", params="{}"))  # fmt: skip
    _fill(
        half, "outbox_message", half.count, id=rows.id_of(), dedupe_key="'bench:' || n",
        channel="CASE n % 3 WHEN 0 THEN 'sms' ELSE 'wechat' END",
        kind=f"CASE WHEN n % {half.count // 40} = 1 THEN 'test_message' ELSE 'claim_paid' END",
        status=f"CASE WHEN n % {half.count // 40} = 2 THEN 'failed' ELSE 'sent' END",
        about_id=rows.id_of(), owner_id=_person(half), address_bi=rows.bytes_of("s"),
        created_at="timestamptz '2026-01-01' + n * interval '0.5 second'",
    )  # fmt: skip
    _open_messages(half)


def _made(row: Any, **sealed: str) -> Any:
    from core.db import uuid7

    row.id = row.id or uuid7()
    for name, value in sealed.items():
        setattr(row, name, value)
    return row


def _open_messages(half: Half) -> None:
    """Seals of the pages that are opened are made anew."""
    from sqlalchemy import select

    from core.db import db, transaction
    from notify.models import OutboxMessage as Out

    newest, order = (Out.created_at.desc(), Out.id.desc()), (Out.created_at, Out.id)
    with transaction():
        for query in (
            select(Out).order_by(*newest).limit(300),
            select(Out).order_by(*order).limit(300),
            select(Out).where(Out.kind == "test_message"),
            select(Out).where(Out.status == "failed"),
        ):
            for row in db.session.scalars(query):
                _made(row, address="13800000001", params="{}")


def _inbox(half: Half) -> None:
    from sqlalchemy import select

    from core.db import db, transaction
    from notify.models import InboxMessage as In

    _drop(half, "outbox_message")
    with transaction():
        db.session.add(_made(In(dedupe_key="x", owner_kind="employee", owner_id=half.people[0],
                                kind="claim_paid", title="示例"), text="示例"))  # fmt: skip
    _fill(
        half, "inbox_message", half.count, id=rows.id_of(), dedupe_key="'bench:' || n",
        owner_id=_person(half),
    )  # fmt: skip
    with transaction():
        mine = select(In).where(In.owner_id == half.people[7]).order_by(In.id.desc()).limit(60)
        for row in db.session.scalars(mine):
            _made(row, text="示例")


# --- small things


def _fill(half: Half, table: str, count: int, **differ: str) -> None:
    from core.db import db

    db.session.remove()  # what it has read would be locked
    rows.copies(half.url, table, count, **differ)


def _drop(half: Half, *tables: str) -> None:
    from core.db import db

    db.session.remove()
    rows.empty(half.url, *tables)


def _one_id(table: str, half: Half) -> Any:
    return _first_ids(table, half, 1)[0]


def _first_ids(table: str, half: Half, count: int) -> list[str]:
    from sqlalchemy import text

    from core.db import db

    found = db.session.scalars(text(f"SELECT id FROM {table} ORDER BY id LIMIT {count}"))  # noqa: S608
    return [str(one) for one in found]


def _insert_one(table: str, values: dict[str, Any]) -> None:
    from core.db import db, transaction

    with transaction():
        db.session.execute(db.metadata.tables[table].insert().values(**values))


def _cursor(*keys: str) -> str:
    import base64

    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def _last_id(table: str, half: Half, where: str, order: str = "desc") -> str:
    """The cursor before the last page (of twenty)."""
    from sqlalchemy import text

    from core.db import db

    query = text(f"SELECT id FROM {table} WHERE {where} ORDER BY id {order} OFFSET 20 LIMIT 1")  # noqa: S608
    return _cursor(str(db.session.scalar(query)))


def _last_waiting(half: Half) -> str:
    from sqlalchemy import text

    from core.db import db

    query = (
        "SELECT submitted_at, id FROM claim WHERE state = 'first_review' ORDER BY 1 DESC, 2 DESC OFFSET 20"
    )
    row = db.session.execute(text(f"{query} LIMIT 1")).one()
    return _cursor(str(row[0]), str(row[1]))


def _close(halves: tuple[Half, Half]) -> None:
    from core.db import db

    for half in halves:
        with half.app.app_context():
            db.session.remove()
            db.engine.dispose()
