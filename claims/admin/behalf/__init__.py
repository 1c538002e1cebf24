"""Which pages does a union file claims on? 医疗补助申请: choose, fill in, print, hand in."""

from claims.admin.behalf import choosing, filling, handing_in, papers, paying, printing, showing
from claims.admin.behalf.door import blueprint

__all__ = ["blueprint", "choosing", "filling", "handing_in", "papers", "paying", "printing", "showing"]
