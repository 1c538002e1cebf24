"""What does a person do with their own application? Start, save, add photos, submit, withdraw, appeal."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from claims.models import Claim, ClaimDocument
from claims.rules import (
    ALREADY_SUBMITTED,
    CARD_PHOTOS,
    EDITABLE,
    ITEMS,
    ONLY_FROM_UNION,
    PART_OF,
    PAYEE_EDITABLE,
    STANDING_PHOTOS,
    WORKFLOW,
    kind_allowed_from_wechat,
    submit_action,
)
from claims.service import checks, figures, pictures
from claims.service.moving import hold, move, owning
from core import audit, clock, context
from core.access import Actor
from core.db import db, one_at_a_time
from core.errors import Conflict, Invalid, Missing, Refused
from core.files import Picture, coach
from core.files.models import StoredFile
from core.history import STALE, Transition, begin
from core.limits import Limit, take
from core.numbers import numbered
from employee import service as employees

CONSENTS = ("health", "account", "certificates")
NO_CONSENT = "请先阅读并勾选全部同意项，再填写申请"
SAME_PHOTO = "这张照片和“{there}”是同一张。这里要“{here}”，请换一张照片。"
TOO_MANY = "最多上传 {n} 张，请先删掉不需要的"
APPEAL_TOO_LATE = "这份申请办结已超过 6 个月，照片已按规定删除，不能再申请复议。如有疑问请联系本单位工会。"
APPEALED = "您已经申请过一次复议，不能再次申请。如有疑问请联系本单位工会。"
NOW_CLOSED = "这份申请现在不能修改。"
PHOTOS = Limit("claim_photo", 200, 24 * 3600, "今天上传的照片太多了，请明天再传，或联系本单位工会。")
DESK_PHOTOS = Limit("claim_desk_photo", 5000, 24 * 3600, "今天上传的照片太多了，请明天再传。")
DRAFTS = Limit("claim_draft", 20, 24 * 3600, "今天新建的申请太多了，请继续填写已有的草稿，或明天再来。")


def start_draft(kind: str, by: Actor) -> Claim:
    """An empty application for the person themselves. Raises `Refused` (GX-21, consent)."""
    if not kind_allowed_from_wechat(kind, context.scheme().wechat_kinds):
        raise Refused(ONLY_FROM_UNION)
    assert by.id is not None  # noqa: S101 - employees have ids
    if not employees.has_consents(by.id, list(CONSENTS)):
        raise Refused(NO_CONSENT)
    take(DRAFTS, by.key)
    person = employees.card(by.id)
    claim = Claim(
        number=numbered(context.scheme().prefixes["claim"]),
        kind=kind,
        employee_id=by.id,
        union_id=person.union_id,
        filed_by_kind=by.kind,
        filed_by_id=by.id,
        state="draft",
        version=0,
        payee_name=person.name,
    )
    db.session.add(claim)
    db.session.flush()
    begin(WORKFLOW, claim, by)
    return claim


def save_step(
    claim: Claim, values: Mapping[str, Any], by: Actor, *, step: int = 0, tab: str = "", seen: str = ""
) -> None:
    """Keep what was typed. `seen` is the moment the page showed as last saved, `tab` the page's own name.

    Raises `Conflict` when another page saved in between, so that two tabs never mix.
    """
    owning(claim, by)
    hold(claim)
    _must_be_editable(claim, values)
    if seen and seen != claim.saved_at.isoformat() and tab != claim.saved_tab:
        raise Conflict(STALE)
    _must_have_consents(claim)
    changed = apply(claim, values)
    if claim.state != "draft" and changed:
        claim.changed_parts = sorted({*claim.changed_parts, *changed})
    claim.step = max(claim.step or 1, step)
    claim.saved_at, claim.saved_tab = clock.now(), tab[:24]
    db.session.flush()


def apply(claim: Claim, values: Mapping[str, Any]) -> set[str]:
    """Set the columns that differ (sealing is not free); returns the parts they belong to."""
    changed = set()
    for name, value in values.items():
        part = PART_OF[name]
        if getattr(claim, name) != value:
            setattr(claim, name, value)
            changed |= {part, name} if name == "payee_card" else {part}
    return changed


def add_document(claim: Claim, kind: str, picture: Picture, by: Actor) -> ClaimDocument:
    """Keep one photo. Raises `Refused` for a kind the claim does not ask for, or one too many."""
    owning(claim, by)
    take(PHOTOS if by.kind != "staff" else DESK_PHOTOS, by.key)
    hold(claim)
    if there := _same_photo(claim, kind, picture):
        return there  # sent again because the first answer was lost on its way
    position = room_for(claim, kind)
    said = [*picture.warnings(kind), *_twice(claim, kind, picture)]
    row = pictures.store(picture, "claim")
    document = ClaimDocument(claim_id=claim.id, file_id=row.id, kind=kind, position=position, warnings=said)
    db.session.add(document)
    db.session.flush()
    _touch(claim, kind)
    return document


def _same_photo(claim: Claim, kind: str, picture: Picture) -> ClaimDocument | None:
    """The very same bytes under the same heading of this claim."""
    return next((one for one in _with_bytes(claim, picture) if one.kind == kind), None)


def _twice(claim: Claim, kind: str, picture: Picture) -> list[str]:
    """The very same bytes under another heading of this claim: a warning for papers, which may share a sheet.

    Raises `Refused` where one photo cannot be both: sides of a certificate, cards.
    """
    for other in _with_bytes(claim, picture):
        if {kind, other.kind} & set(STANDING_PHOTOS):
            labels = {paper.code: paper.label for paper in figures.papers_of(claim)}
            there, here = labels.get(other.kind, ITEMS[other.kind]), labels.get(kind, "")
            raise Refused(SAME_PHOTO.format(there=there, here=here), kind)
        return [coach.TWICE]
    return []


def _with_bytes(claim: Claim, picture: Picture) -> list[ClaimDocument]:
    content = context.keyring().blind(pictures.CONTENT, picture.sha256)
    query = (
        select(ClaimDocument)
        .join(StoredFile, StoredFile.id == ClaimDocument.file_id)
        .where(
            ClaimDocument.claim_id == claim.id,
            ClaimDocument.removed_at.is_(None),
            StoredFile.content_bi == content,
        )
    )
    return list(db.session.scalars(query.order_by(ClaimDocument.id)))


def reuse_documents(claim: Claim, by: Actor) -> int:
    """Take the certificate photos of the person's last application (E7); returns how many."""
    owning(claim, by)
    hold(claim)
    added = 0
    have = {document.kind for document in checks.documents_of(claim)}
    for earlier in standing_photos(claim):
        if earlier.kind not in have:
            position = room_for(claim, earlier.kind)
            row = ClaimDocument(
                claim_id=claim.id, file_id=earlier.file_id, kind=earlier.kind, position=position
            )
            db.session.add(row)
            added += 1
            _take_validity(claim, earlier)
    db.session.flush()
    return added


def _take_validity(claim: Claim, photo: ClaimDocument) -> None:
    """The photo comes with what was said of the certificate in it."""
    earlier = db.session.get_one(Claim, photo.claim_id)
    claim.id_expires_on, claim.id_is_permanent = earlier.id_expires_on, earlier.id_is_permanent


def standing_photos(claim: Claim) -> list[ClaimDocument]:
    """The newest certificate photos of the same person's earlier applications that this one asks for."""
    wanted = {paper.code for paper in figures.papers_of(claim)} & {"id_front", "id_back"}
    query = (
        select(ClaimDocument)
        .join(Claim, Claim.id == ClaimDocument.claim_id)
        .join(StoredFile, StoredFile.id == ClaimDocument.file_id)
        .where(
            Claim.employee_id == claim.employee_id,
            Claim.id != claim.id,
            Claim.state.not_in(("draft", "withdrawn")),
            ClaimDocument.kind.in_(wanted & set(STANDING_PHOTOS)),
            ClaimDocument.removed_at.is_(None),
            StoredFile.erased_at.is_(None),
        )
        .ext(distinct_on(ClaimDocument.kind))
        .order_by(ClaimDocument.kind, ClaimDocument.added_at.desc())
    )
    return list(db.session.scalars(query))


def last_payee(claim: Claim) -> Claim | None:
    """The person's last application that was paid to a card of their own."""
    query = select(Claim).where(
        Claim.employee_id == claim.employee_id,
        Claim.id != claim.id,
        Claim.is_own_account.is_(True),
        Claim.payee_card_ct.is_not(None),  # type: ignore[attr-defined]
        Claim.state.in_(("approved", "paying", "paid")),
        Claim.card_cut_at.is_(None),  # only the end of the number is left
    )
    return db.session.scalars(query.order_by(Claim.id.desc()).limit(1)).first()


def remove_document(claim: Claim, document_id: uuid.UUID, by: Actor) -> ClaimDocument:
    """Take one photo away. In a draft its bytes go too; later the reviewers keep what they saw."""
    owning(claim, by)
    hold(claim)
    document = db.session.get(ClaimDocument, document_id)
    if document is None or document.claim_id != claim.id or document.removed_at is not None:
        raise Missing
    _must_take_photos(claim, document.kind)
    document.removed_at = clock.now()
    db.session.flush()
    if claim.state == "draft":
        erase_unused([document])
    _touch(claim, document.kind)
    return document


def submit(claim: Claim, by: Actor, *, seen: str = "") -> bool:
    """Hand the application in (GX-24). False when it was handed in before: the answer is the same.

    `seen` is the moment of the last save that the check page showed. Raises `Invalid` with what is missing.
    """
    owner = owning(claim, by)
    _one_at_a_time(claim)
    hold(claim)
    if claim.state != "draft":
        return False
    if seen and seen != claim.saved_at.isoformat():
        raise Conflict(STALE)
    enter_review(claim, owner, submitted_at=clock.now())
    return True


def enter_review(claim: Claim, owner: Actor, **changes: Any) -> Transition:
    """Check everything, work out the figure and go to the profile's first level of review."""
    _must_have_consents(claim)
    found = figures.reckon(claim)
    stops = checks.blocking(checks.run(claim, found))
    if stops:
        raise Invalid(stops)
    changes |= figures.adopt(claim)
    return move(claim, submit_action(context.scheme().review.levels, claim.state), owner, **changes)


def withdraw(claim: Claim, by: Actor, *, seen: int | None = None) -> None:
    """Take the application back while nobody has decided."""
    owner = owning(claim, by)
    hold(claim)
    move(claim, "withdraw", owner, seen=seen)


def appeal(claim: Claim, by: Actor, note: str, *, seen: int | None = None) -> None:
    """申请复议 after 不予补助, once."""
    owner = owning(claim, by)
    hold(claim)
    if not note.strip():
        raise Refused("请写明复议理由", "note")
    if has_appealed(claim):
        raise Refused(APPEALED)
    if claim.photos_erased_at:
        raise Conflict(APPEAL_TOO_LATE)
    move(claim, "appeal", owner, note=note, seen=seen)


def has_appealed(claim: Claim) -> bool:
    query = select(func.count()).where(Transition.object_id == claim.id, Transition.action == "appeal")
    return bool(db.session.scalar(query))


def delete_draft(claim: Claim, by: Actor) -> None:
    """Remove an application that was never submitted, with its photos."""
    owning(claim, by)
    hold(claim)
    discard(claim, by)


def discard(claim: Claim, by: Actor) -> None:
    """As `delete_draft`, of a draft that is locked, whoever began it."""
    if claim.state != "draft":
        raise Conflict(STALE)
    documents = list(db.session.scalars(select(ClaimDocument).where(ClaimDocument.claim_id == claim.id)))
    for document in documents:
        document.removed_at = document.removed_at or clock.now()
    db.session.flush()
    erase_unused(documents)
    for document in documents:
        db.session.delete(document)
    db.session.flush()
    audit.record("claim.delete", "claim", claim.id, by)
    db.session.delete(claim)
    db.session.flush()


def _must_be_editable(claim: Claim, values: Mapping[str, Any]) -> None:
    if claim.state in EDITABLE:
        return
    is_payee_only = all(PART_OF[name] == "payee" for name in values)
    if claim.state in PAYEE_EDITABLE and is_payee_only:
        return
    raise Conflict(ALREADY_SUBMITTED if claim.submitted_at else NOW_CLOSED)


def _must_take_photos(claim: Claim, kind: str) -> None:
    """After a bounce only the card's photo may change (GX-29)."""
    if claim.state in EDITABLE or (claim.state in PAYEE_EDITABLE and kind in _payee_papers(claim)):
        return
    raise Conflict(ALREADY_SUBMITTED if claim.submitted_at else NOW_CLOSED)


def account_photos(claim: Claim) -> set[str]:
    """The photos that may change after a bounce; none before and after."""
    return _payee_papers(claim) if claim.state in PAYEE_EDITABLE else set()


def _payee_papers(claim: Claim) -> set[str]:
    account = ("own_account", "other_account")
    return {paper.code for paper in figures.papers_of(claim) if paper.when in account} | set(CARD_PHOTOS)


def _must_have_consents(claim: Claim) -> None:
    """Withdrawing consent stops the work on what was not handed in yet.

    At the union's desk the person, or the family, says so on paper: whoever files confirms that (`behalf`).
    """
    if claim.filed_by_kind == "employee" and not employees.has_consents(claim.employee_id, list(CONSENTS)):
        raise Refused(NO_CONSENT)


def room_for(claim: Claim, kind: str) -> int:
    """The next free place for a photo of this kind. Raises `Refused`, `Conflict` when there is none."""
    _must_take_photos(claim, kind)
    _must_have_consents(claim)
    paper = next((paper for paper in figures.papers_of(claim) if paper.code == kind), None)
    if paper is None:
        raise Refused("这份申请不需要这种照片，请刷新页面后再传", kind)
    places = [document.position for document in checks.documents_of(claim) if document.kind == kind]
    if len(places) >= paper.max_count:
        raise Refused(TOO_MANY.format(n=paper.max_count), kind)
    return max(places, default=0) + 1


def _touch(claim: Claim, kind: str) -> None:
    if claim.state != "draft" and kind not in claim.changed_parts:
        claim.changed_parts = sorted({*claim.changed_parts, kind})
        db.session.flush()


def _one_at_a_time(claim: Claim) -> None:
    """Two applications for one stay, or with one bill, handed in at the same moment wait for each other."""
    bill = claim.receipt_bi  # type: ignore[attr-defined]
    one_at_a_time(claim.employee_id, *([bytes(bill)] if bill else []))


def erase_unused(documents: list[ClaimDocument]) -> None:
    """Erase the bytes of files that no other application shows."""
    for document in documents:
        others = select(func.count()).where(
            ClaimDocument.file_id == document.file_id,
            ClaimDocument.id != document.id,
            ClaimDocument.removed_at.is_(None),
        )
        row = db.session.get(StoredFile, document.file_id)
        if row and row.erased_at is None and not db.session.scalar(others):
            pictures.erase(row)
