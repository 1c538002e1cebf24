"""Which pages of the outside world do people look at? Phone, SMS inbox, mail, bank desk, faults."""

from flask import Blueprint

pages = Blueprint("pages", __name__)
