"""What can an operator do about the official account at the command line? `flask wechat …`."""

from __future__ import annotations

import json
from pathlib import Path

import click
import segno
from flask.cli import AppGroup

from core import context
from core.db import db, transaction
from wechat import client
from wechat.faults import WeChatError
from wechat.menu import MenuError, menu_of
from wechat.service import menus

group = AppGroup("wechat", help="The official account: menu, QR codes, WeChat's addresses.")


@group.group("menu")
def menu_group() -> None:
    """The menu: the newest saved version, or the scheme profile's."""


@menu_group.command("push")
@click.option("--dry-run", is_flag=True, help="Only check and print.")
def push(dry_run: bool) -> None:
    """Make the newest menu the one WeChat shows (clients refresh within five minutes)."""
    newest = menus.newest()
    number, buttons = newest.number if newest else 0, menus.buttons_of(newest)
    try:
        menu = menu_of(buttons, context.settings().public_url, context.scheme().link_hosts)
        db.session.remove()
        if not dry_run:
            client.create_menu(menu)
            _note(number)
    except (MenuError, WeChatError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(_readable(menu))


def _note(number: int) -> None:
    """Remember which saved version was pushed; the profile's own menu has no number."""
    if number:
        with transaction():
            menus.was_pushed(number, "命令行")


@menu_group.command("show")
def show() -> None:
    """Print the menu WeChat shows now."""
    try:
        click.echo(_readable(client.get_menu()))
    except WeChatError as error:
        raise click.ClickException(str(error)) from None


@group.command("qr")
@click.argument("scene")
@click.option("--minutes", type=int, help="How long it is good; without it the code is permanent.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write a picture (.svg or .png) instead of text."
)
def qr(scene: str, minutes: int | None, out: Path | None) -> None:
    """Make a QR code to follow the account (GX-01); SCENE says later where people came from."""
    try:
        code = client.create_scene_qr(scene, minutes * 60 if minutes else None)
    except (ValueError, WeChatError) as error:
        raise click.ClickException(str(error)) from None
    picture = segno.make(code.url, error="m")
    if out:
        picture.save(str(out), scale=8, border=4)
    else:
        picture.terminal(compact=True)
    click.echo(code.url)


@group.command("addresses")
def addresses() -> None:
    """Print the addresses WeChat calls us from, for an allow-list in front of the callback."""
    try:
        click.echo("\n".join(client.callback_ips()))
    except WeChatError as error:
        raise click.ClickException(str(error)) from None


def _readable(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
