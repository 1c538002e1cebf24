"""What happens between the database's start and the first page? Migrate, demo data, demo sign-ins.

One process instead of three: loading the application takes longer than all it does here.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from flask.cli import ScriptInfo

from app import create_app
from config.settings import SettingsError


def main(sign_ins: Path) -> None:
    """Runs the same commands as an operator would; writes what `demo --show` prints to `sign_ins`."""
    app = create_app()
    known = ScriptInfo(create_app=lambda: app)
    with app.app_context():
        app.cli.main(["migrate"], standalone_mode=False, obj=known)
        if "demo" not in app.cli.commands:
            return
        app.cli.main(["demo"], standalone_mode=False, obj=known)
        with sign_ins.open("w", encoding="utf-8") as out, contextlib.redirect_stdout(out):
            app.cli.main(["demo", "--show"], standalone_mode=False, obj=known)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except SettingsError as refusal:
        sys.exit(str(refusal))
