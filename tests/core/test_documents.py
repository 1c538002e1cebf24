"""The generated documents say what the code does today; `make docs` writes them again."""

from __future__ import annotations

import handbook


def test_the_generated_documents_are_current(app) -> None:
    stale = [name for name, text in handbook.documents(app).items() if not handbook.is_current(name, text)]
    assert stale == [], "run `make docs`"


def test_a_changed_workflow_would_be_noticed(app, tmp_path) -> None:
    for name, text in handbook.documents(app).items():
        (tmp_path / name).write_text(text.replace("|", "¦", 1), encoding="utf-8")
    assert not any(
        handbook.is_current(name, text, tmp_path) for name, text in handbook.documents(app).items()
    )


def test_health_says_what_works(client) -> None:
    assert client.get("/healthz").json == {"ok": True}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["database"], ready.json["storage"]) == (200, "ok", "ok")


def test_metrics_are_counts_and_hold_nobody(client, db) -> None:
    from tests.world import World

    person = World().insured()
    page = client.get("/metrics").get_data(as_text=True)
    assert 'huzhu_messages_in_trouble{status="held"} 0.0' in page
    assert person.phone not in page


def test_the_doctor_names_what_is_wrong_and_the_cure(app, sandbox, live_server) -> None:
    result = app.test_cli_runner().invoke(args=["doctor"])
    lines = result.output.splitlines()
    assert "ok    database answers and keeps rare characters" in lines
    assert "ok    WeChat gives a token" in lines
    assert "WRONG settings are for production" in lines
    assert result.exit_code == 1
    wrong = [n for n, line in enumerate(lines) if line.startswith("WRONG")]
    assert all(lines[n + 2].strip().startswith("→") for n in wrong)


def test_the_demo_loads_once_through_the_services(app, db) -> None:
    from claims.models import Claim

    runner = app.test_cli_runner()
    assert runner.invoke(args=["demo"]).exit_code == 0
    count = db.session.query(Claim).count()
    assert count >= 5
    assert runner.invoke(args=["demo"]).exit_code == 0
    assert db.session.query(Claim).count() == count
    shown = runner.invoke(args=["demo", "--show"]).output
    assert "19911110001" in shown and "/codes" in shown
