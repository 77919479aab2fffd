//! Bids, scores, plans, clearing and the explanation of an award.
