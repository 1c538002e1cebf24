"""What is a claim worth under a plan, and may it be made? Everything here is pure."""

from plans.rules.award import automatic, evaluate
from plans.rules.eligibility import (
    DATE_LABELS,
    Threshold,
    check,
    counting_date,
    cover_starts_on,
    materials,
    participation,
    plan_for,
    questions,
    threshold,
)
from plans.rules.facts import DEATH, HOSPITAL, INJURY, Award, ClaimFacts, Cover, Line, Memory, Note, Used
from plans.rules.load import load_plan
from plans.rules.plan import Benefit, Figure, Material, Plan
from plans.rules.reading import PlanError
from plans.rules.replay import Case, Replayed, limited, replay
from plans.rules.rights import Ceiling, Right, Standing, deadline, exclusions, rights, standing, together
from plans.rules.shapes import stay_days
from plans.rules.tuning import Group, Tunable, TuningError, changed, said, tunable, tuned
from plans.rules.window import Window, opening, window

__all__ = [
    "Threshold",
    "opening",
    "threshold",
    "Award",
    "Benefit",
    "Case",
    "Ceiling",
    "ClaimFacts",
    "Cover",
    "DATE_LABELS",
    "DEATH",
    "Figure",
    "Group",
    "HOSPITAL",
    "INJURY",
    "Line",
    "Material",
    "Memory",
    "Note",
    "Plan",
    "PlanError",
    "Replayed",
    "Right",
    "Standing",
    "Tunable",
    "TuningError",
    "Used",
    "Window",
    "automatic",
    "changed",
    "check",
    "counting_date",
    "cover_starts_on",
    "deadline",
    "evaluate",
    "exclusions",
    "limited",
    "load_plan",
    "materials",
    "participation",
    "plan_for",
    "questions",
    "replay",
    "rights",
    "said",
    "standing",
    "stay_days",
    "together",
    "tunable",
    "tuned",
    "window",
]
