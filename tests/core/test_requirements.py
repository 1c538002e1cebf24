"""Does every requirement have its test, and does every test name one that exists?"""

from __future__ import annotations

import ast

import pytest

from tools import proofs

# Which of the two manuals must be proved whole; the other is listed as «not yet» until its turn.
REQUIRED = ("GX",)


def test_both_manuals_are_listed_whole() -> None:
    wanted = proofs.wanted()
    count = {kind: sum(id_.startswith(kind) for id_ in wanted) for kind in ("GX", "XM")}
    assert count == {"GX": 45 + 5, "XM": 90 + 3}
    assert all(english and chinese for english, chinese in wanted.values())


def test_every_requirement_has_a_test() -> None:
    proved = proofs.proofs()
    missing = [id_ for id_ in proofs.wanted() if id_.startswith(REQUIRED) and id_ not in proved]
    assert missing == [], "no test names these in its name or docstring"


def test_no_test_names_a_requirement_that_does_not_exist() -> None:
    wanted = proofs.wanted()
    strange = {id_: tests for id_, tests in proofs.proofs().items() if id_ not in wanted}
    assert strange == {}


@pytest.mark.parametrize(
    ("source", "claimed"),
    [
        ('def test_x():\n "GX-17: exactly."', ["GX-17"]),
        ('def test_x():\n "GX-10 … GX-13, GX-15."', ["GX-10", "GX-11", "GX-12", "GX-13", "GX-15"]),
        ('def test_x():\n "GX-07 to 11"', ["GX-07", "GX-10", "GX-11"]),
        ('def test_x():\n "XM-101–103"', ["XM-101", "XM-102", "XM-103"]),
        ('def test_x():\n "GX-2026 is a plan, GX-99 is nothing, GX-63 … GX-65 ends nowhere."',
         ["GX-63", "GX-64", "GX-65", "GX-99"]),
        ("def test_words_GX_17(): ...", ["GX-17"]),
        ("def test_gx_10_to_12_in_words(): ...", ["GX-10", "GX-11", "GX-12"]),
        ("def test_GX_07_to_GX_10_and_GX_60(): ...", ["GX-07", "GX-10", "GX-60"]),
        ('@mark.parametrize("a", [param(1, id="GX-43 both"), 2], ids=["XM-05"])\ndef test_x(a): ...',
         ["GX-43", "XM-05"]),
        ('"GX-17"\n# GX-18\ndef step():\n "GX-20"\ndef test_x():\n  "Nothing."\n  step("GX-21")', []),
    ],
)  # fmt: skip
def test_a_claim_is_made_by_one_test_and_not_by_its_neighbourhood(source: str, claimed: list[str]) -> None:
    wanted = proofs.wanted()
    words = " | ".join(words for _, words in proofs.claims(ast.parse(source)))
    assert sorted(proofs.ids(words, wanted)) == claimed
