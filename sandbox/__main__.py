"""How is the sandbox started? `python -m sandbox`: one process, threads, 127.0.0.1 only."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys

from werkzeug.serving import make_server

from config import settings as configuration
from sandbox.app import NotHere, create_sandbox
from sandbox.mail_server import listening


def main() -> int:
    # The sandbox stores nothing in the product's database or queue: it starts without them.
    environ = {"DATABASE_URL": "postgresql://not-used", "REDIS_URL": "redis://not-used", **os.environ}
    try:
        settings = configuration.load(environ)
        app = create_sandbox(settings, keeps=True)
    except (configuration.SettingsError, NotHere) as error:
        print(error, file=sys.stderr)
        return 1
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", settings.sandbox_port, app, threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"sandbox: http://127.0.0.1:{settings.sandbox_port}/", flush=True)
    with listening(app), contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
