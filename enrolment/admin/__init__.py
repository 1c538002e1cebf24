"""工会参保 of the staff side: operators fill in, reviewers decide, on the same pages."""

from enrolment.admin import deciding, filling, handing, listing, papers, people, printing, showing
from enrolment.admin.door import blueprint

__all__ = [
    "blueprint",
    "deciding",
    "filling",
    "handing",
    "listing",
    "papers",
    "people",
    "printing",
    "showing",
]
