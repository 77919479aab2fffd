"""The market: models bid for a task, the best plan is awarded, every outcome makes the next award better."""

from atomic_ai._core import Award
from atomic_ai.market.budget import Budgets, Hold, Shortage
from atomic_ai.market.market import Bidder, Market, Weights
from atomic_ai.market.outside import Auctioned, Outside

__all__ = ["Auctioned", "Award", "Bidder", "Budgets", "Hold", "Market", "Outside", "Shortage", "Weights"]
