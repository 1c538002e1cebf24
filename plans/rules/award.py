"""What is a claim worth? The one function behind the estimate, the reviewer's figure and the award."""

from plans.rules.eligibility import check, exclusion
from plans.rules.facts import Award, ClaimFacts, Cover, Line, Memory, Note, Used, shown
from plans.rules.plan import PPM, Benefit, Plan
from plans.rules.shapes import CURVES, SHAPES, Worked, counted_base, rounded

NOTHING = Memory()


def evaluate(plan: Plan, facts: ClaimFacts, memory: Memory = NOTHING, cover: Cover | None = None) -> Award:
    """Pure: the same facts, memory and cover always give the same award, lines and words."""
    notes = list(check(plan, facts, cover))
    if any(note.blocking for note in notes):
        return Award((), 0, tuple(notes), NOTHING, memory)
    worked = _worked_lines(plan, facts, memory, notes)
    if not worked:
        return Award((), 0, tuple(note._replace(blocking=True) for note in notes), NOTHING, memory)
    if plan.exclusives:
        _keep_one_of_each_group(plan, worked, memory, notes)
    _cap_together(plan, worked, memory, notes)
    return _awarded(plan, facts, memory, worked, notes)


def automatic(plan: Plan, memory: Memory) -> Award:
    """免申即享 (XM-116): what the plan's automatic benefits owe after the claims in `memory`, unasked."""
    worked: dict[str, Worked] = {}
    for benefit in plan.benefits:
        if not benefit.is_automatic:
            continue
        used = memory.of(benefit.code)
        steps = [f"本期累计 {shown(used.base_fen)}"]
        amount = rounded(CURVES[benefit.shape](benefit, used.base_fen, steps), PPM)
        if used.paid_fen:
            due = max(0, amount - used.paid_fen) if benefit.pays_difference else 0
            steps.append(f"此前已补助 {shown(used.paid_fen)}，本次补差额 {shown(due)}")
            amount = due
        if amount:
            worked[benefit.code] = _capped(benefit, Worked(amount, steps, Used()), used.paid_fen)
    notes: list[Note] = []
    _cap_together(plan, worked, memory, notes)
    lines = _lines(plan, worked)
    usage = _usage(plan, worked)
    return Award(lines, sum(line.amount_fen for line in lines), tuple(notes), usage, memory.plus(usage))


def _worked_lines(plan: Plan, facts: ClaimFacts, memory: Memory, notes: list[Note]) -> dict[str, Worked]:
    worked: dict[str, Worked] = {}
    paid: dict[str, int] = {}
    for benefit in plan.asked[facts.kind]:
        refusal = exclusion(benefit, facts)
        if refusal:
            notes.append(refusal)
            continue
        line = SHAPES[benefit.shape](benefit, facts, memory, paid)
        line = _capped(benefit, line, memory.of(benefit.code).paid_fen)
        worked[benefit.code] = line
        paid[benefit.code] = line.amount_fen
    return worked


def _capped(benefit: Benefit, line: Worked, paid_before_fen: int) -> Worked:
    """The benefit's own caps: per claim, then what is left of the period's."""
    amount = line.amount_fen
    cap = benefit.cap_claim_fen
    if cap is not None and amount > cap:
        amount = cap
        line.steps.append(f"超过每次上限 {shown(cap)}，按 {shown(amount)} 计")
    cap = benefit.cap_period_fen
    if cap is not None and amount > cap - paid_before_fen:
        amount = max(0, cap - paid_before_fen)
        had = shown(paid_before_fen)
        line.steps.append(f"本期上限 {shown(cap)}，此前已补助 {had}，本次补助 {shown(amount)}")
    return line if amount == line.amount_fen else line._replace(amount_fen=amount)


def _keep_one_of_each_group(plan: Plan, worked: dict[str, Worked], memory: Memory, notes: list[Note]) -> None:
    """Stacking: a line given up uses nothing of its benefit's memory."""
    for group in plan.exclusives:
        due = [code for code in group.benefits if code in worked and worked[code].amount_fen]
        had = [code for code in group.benefits if group.per == "period" and memory.of(code).paid_fen]
        if not due or len(set(due) | set(had)) < 2:
            continue
        kept = had[0] if had else due[0]
        if not had and group.keep == "highest":
            kept = max(due, key=lambda code: worked[code].amount_fen)
        for code in due:
            if code != kept:
                given_up, given = plan.by_code[code].name, plan.by_code[kept].name
                text = f"{given_up}与{given}不能同时享受，按{given}补助"
                notes.append(Note("stacking", text))
                worked[code] = Worked(0, [*worked[code].steps, text], Used())


def _cap_together(plan: Plan, worked: dict[str, Worked], memory: Memory, notes: list[Note]) -> None:
    """The plan's caps over all its benefits: per claim and per period, taken in the benefits' order."""
    if plan.cap_claim_fen is None and plan.cap_period_fen is None:
        return
    claim_left = plan.cap_claim_fen
    period_left = None if plan.cap_period_fen is None else max(0, plan.cap_period_fen - memory.total_fen)
    for code, line in worked.items():
        if not plan.by_code[code].is_in_plan_cap:
            continue
        amount = line.amount_fen
        if claim_left is not None and amount > claim_left:
            amount = claim_left
            line.steps.append(f"每次各项合计上限 {shown(plan.cap_claim_fen or 0)}，本项补助 {shown(amount)}")
        if period_left is not None and amount > period_left:
            amount = period_left
            line.steps.append(_period_cap_words(plan, memory, amount))
            reached = Note("cap_reached", f"本期补助合计已到上限 {shown(plan.cap_period_fen or 0)} 元")
            notes += [] if reached in notes else [reached]
        claim_left = None if claim_left is None else claim_left - amount
        period_left = None if period_left is None else period_left - amount
        if amount != line.amount_fen:
            worked[code] = line._replace(amount_fen=amount)


def _period_cap_words(plan: Plan, memory: Memory, amount: int) -> str:
    cap, had = shown(plan.cap_period_fen or 0), shown(memory.total_fen)
    return f"本期各项合计上限 {cap}，此前已补助 {had}，本项补助 {shown(amount)}"


def _awarded(
    plan: Plan, facts: ClaimFacts, memory: Memory, worked: dict[str, Worked], notes: list[Note]
) -> Award:
    lines = _lines(plan, worked)
    total = sum(line.amount_fen for line in lines)
    if not total:
        notes.append(Note("nothing_due", "按本期规则计算，本次补助金额为 0.00 元"))
    usage = _usage(plan, worked)
    waiting = plan.automatic[facts.kind]
    if waiting:
        paid = {line.benefit: line.amount_fen for line in lines}
        counted = {
            benefit.code: counted_base(benefit, facts, memory.of(benefit.code), paid, None)
            for benefit in waiting
            if exclusion(benefit, facts) is None
        }
        usage = Memory({**usage.used, **counted}, usage.total_fen)
    return Award(lines, total, tuple(notes), usage, memory.plus(usage))


def _lines(plan: Plan, worked: dict[str, Worked]) -> tuple[Line, ...]:
    names = plan.by_code
    return tuple(
        Line(code, names[code].name, tuple(line.steps), line.amount_fen) for code, line in worked.items()
    )


def _usage(plan: Plan, worked: dict[str, Worked]) -> Memory:
    total, used = 0, {}
    for code, line in worked.items():
        used[code] = line.used._replace(paid_fen=line.amount_fen)
        if plan.by_code[code].is_in_plan_cap:
            total += line.amount_fen
    return Memory(used, total)
