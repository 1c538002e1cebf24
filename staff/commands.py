"""How does the first member of staff come to be? `flask staff create` on the server; none exists before."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from core.access import SYSTEM
from core.db import transaction
from core.errors import Refused
from core.roles import STAFF_ROLES
from staff import service

group = AppGroup("staff", help="Accounts of people who work here.")


@group.command("create")
@click.option("--name", prompt="Name shown beside decisions")
@click.option("--phone", prompt="Phone")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(sorted(STAFF_ROLES)), default=["administrator"]
)
@click.password_option(prompt="Password (12 characters, three kinds)")
def create(name: str, phone: str, roles: tuple[str, ...], password: str) -> None:
    """Make an account; prints the authenticator's secret once."""
    try:
        with transaction():
            person, secret = service.create(name, phone, None, password, SYSTEM)
            for role in roles:
                service.grant(person.id, role, None, SYSTEM)
    except Refused as refusal:
        raise click.ClickException(refusal.text) from None
    click.echo(f"{name} may sign in at /admin/login as {', '.join(roles)}.")
    click.echo(f"Authenticator secret (shown only now): {secret}")
