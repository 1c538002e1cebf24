"""What is a claim worth under a plan, and may it be made? Everything here is pure."""

from plans.rules.award import automatic, evaluate
from plans.rules.eligibility import (
    DATE_LABELS,
    check,
    counting_date,
    cover_starts_on,
    materials,
    participation,
    plan_for,
)
from plans.rules.facts import DEATH, HOSPITAL, INJURY, Award, ClaimFacts, Cover, Line, Memory, Note, Used
from plans.rules.load import load_plan
from plans.rules.plan import Benefit, Figure, Material, Plan
from plans.rules.reading import PlanError
from plans.rules.shapes import stay_days

__all__ = [
    "DATE_LABELS",
    "DEATH",
    "HOSPITAL",
    "INJURY",
    "Award",
    "Benefit",
    "ClaimFacts",
    "Cover",
    "Figure",
    "Line",
    "Material",
    "Memory",
    "Note",
    "Plan",
    "PlanError",
    "Used",
    "automatic",
    "check",
    "counting_date",
    "cover_starts_on",
    "evaluate",
    "load_plan",
    "materials",
    "participation",
    "plan_for",
    "stay_days",
]
