"""The market: models bid for a task, the best plan is awarded, every outcome makes the next award better."""

from atomic_ai._core import Award
from atomic_ai.market.bidders import Ask, CallableAgent, HttpAgent, Invitation
from atomic_ai.market.budget import Budgets, Hold, Shortage
from atomic_ai.market.market import Market
from atomic_ai.market.outside import Auctioned, Outside
from atomic_ai.market.terms import Bidder, Weights

__all__ = [
    "Ask",
    "Auctioned",
    "Award",
    "Bidder",
    "Budgets",
    "CallableAgent",
    "Hold",
    "HttpAgent",
    "Invitation",
    "Market",
    "Outside",
    "Shortage",
    "Weights",
]
