"""What a template costs a month, from idle to busy: dated list prices, stated assumptions, and what is left out."""

from refarch.gate.cost.card import card
from refarch.gate.cost.model import CostCard, LeftOut, Line
from refarch.gate.cost.usage import Usage, read_usage
from refarch.gate.cost.write import usage_template

__all__ = ["CostCard", "LeftOut", "Line", "Usage", "card", "read_usage", "usage_template"]
