"""What happens to 会籍? Asked for, answered, taken back."""

from membership.service.answering import approve, refuse, withdraw
from membership.service.asking import ask_for_employee, ask_for_oneself, take_up_moves

__all__ = ["approve", "ask_for_employee", "ask_for_oneself", "refuse", "take_up_moves", "withdraw"]
