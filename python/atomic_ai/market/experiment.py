"""Two ways of doing something, compared on live traffic, with a rule that says when to stop.

The result may be looked at after every outcome and acted upon at any time: the interval is a confidence *sequence*,
which covers the true difference at all times together with chance 1 - alpha. (A p-value that is looked at often
is wrong far more often than it says.) It is the predictable plug-in empirical Bernstein sequence of Waudby-Smith and
Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024, theorem 2, over the difference of both
arms, weighted by the chance of each assignment.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from atomic_ai.errors import ConfigError, MisuseError

LARGEST_BET = 0.5
"""The bound on a bet in the sequence; the paper's choice."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What one arm has shown.

    Attributes:
        outcomes: how many.
        mean: their mean; 0 without any.
    """

    outcomes: int = 0
    mean: float = 0.0

    def add(self, value: float) -> Arm:
        """The arm with one more outcome."""
        return Arm(self.outcomes + 1, self.mean + (value - self.mean) / (self.outcomes + 1))


@dataclass(frozen=True, slots=True)
class Finding:
    """What an experiment says so far.

    Attributes:
        experiment: its name.
        arms: what each arm has shown, the control first.
        difference: estimated mean of the challenger less that of the control.
        low: lower end of the confidence sequence.
        high: upper end.
        verdict: the better arm's name; "no difference" where it is smaller than what matters; None: go on.
    """

    experiment: str
    arms: Mapping[str, Arm]
    difference: float
    low: float
    high: float
    verdict: str | None

    def __str__(self) -> str:
        shown = ", ".join(f"{name} {arm.mean:.3f} of {arm.outcomes}" for name, arm in self.arms.items())
        decided = "go on" if self.verdict is None else self.verdict
        if self.verdict in self.arms:
            decided = f"{self.verdict} is better"
        interval = f"{self.difference:+.3f} ({self.low:+.3f} … {self.high:+.3f})"
        return f"{self.experiment}: {shown}; difference {interval}: {decided}"


class Experiment:
    """An A/B test.

    Args:
        name: what it is called; part of each assignment, so that two experiments divide the traffic independently.
        shares: the two arms and the traffic that each gets, the control first: `{"today": 0.9, "new": 0.1}`.
        alpha: the chance of any wrong verdict, ever.
        matters: the smallest difference that matters; below it the verdict is "no difference". 0: never.

    Raises:
        ConfigError: not two arms, shares that are not above zero, or an alpha outside 0..1.
    """

    def __init__(self, name: str, shares: Mapping[str, float], *, alpha: float = 0.05, matters: float = 0.0) -> None:
        if len(shares) != 2 or not all(0 < share < math.inf for share in shares.values()):
            raise ConfigError("an experiment has two arms, the control first, each with a share above zero")
        if not 0 < alpha < 1 or not 0 <= matters < 1:
            raise ConfigError("alpha is a chance between 0 and 1, and matters a difference from 0 to 1")
        self.name, self.alpha, self.matters = name, alpha, matters
        self._arms = dict.fromkeys(shares, Arm())
        self._control, self._challenger = shares
        self._share = shares[self._challenger] / sum(shares.values())
        self._sequence = _Sequence(alpha, 1.0 / min(self._share, 1.0 - self._share))
        self._all = Arm()

    @property
    def arms(self) -> tuple[str, str]:
        """Their names, the control first."""
        return self._control, self._challenger

    def assign(self, key: str) -> str:
        """The arm of a request, a user, a conversation: the same for the same key. After a verdict: the better one."""
        verdict = self.finding().verdict
        if verdict in self._arms:
            return str(verdict)
        digest = hashlib.blake2b(f"{self.name}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return self._challenger if int.from_bytes(digest, "big") < self._share * 2**64 else self._control

    def note(self, arm: str) -> dict[str, str]:
        """Metadata for the task, which its trace and response carry."""
        return {"experiment": self.name, "arm": arm}

    def observe(self, arm: str, value: float) -> Finding:
        """Takes in an outcome of 0 to 1, such as a quality, and says what is known now; a verdict stays.

        Raises:
            MisuseError: no such arm, or a value outside 0..1.
        """
        if arm not in self._arms:
            raise MisuseError(f"experiment {self.name!r} has no arm {arm!r}: there are {', '.join(self._arms)}")
        if not 0 <= value <= 1:
            raise MisuseError("an outcome is a number from 0 to 1")
        if self.finding().verdict is None:
            # The mean so far is taken off, which narrows the sequence and, being known before, keeps it true.
            surprise = value - (self._all.mean if self._all.outcomes else 0.5)
            weight = 1.0 / self._share if arm == self._challenger else -1.0 / (1.0 - self._share)
            self._sequence.add(weight * surprise)
            self._arms[arm], self._all = self._arms[arm].add(value), self._all.add(value)
        return self.finding()

    def finding(self) -> Finding:
        """What is known now."""
        sequence = self._sequence
        verdict: str | None = None
        if sequence.low > 0 or sequence.high < 0:
            verdict = self._challenger if sequence.low > 0 else self._control
        elif -self.matters < sequence.low and sequence.high < self.matters:
            verdict = "no difference"
        estimate = min(max(sequence.estimate, sequence.low), sequence.high)
        return Finding(self.name, dict(self._arms), estimate, sequence.low, sequence.high, verdict)


class _Sequence:
    """The confidence sequence of the mean of numbers from -`bound` to `bound`; they are moved to 0..1 and back."""

    def __init__(self, alpha: float, bound: float) -> None:
        self._log, self._bound = math.log(2 / alpha), bound
        self._count, self._sum, self._squares = 0, 0.5, 0.25
        self._bets, self._won, self._spread = 0.0, 0.0, 0.0
        self.low, self.high, self.estimate = -1.0, 1.0, 0.0

    def add(self, number: float) -> None:
        value = (number + self._bound) / (2 * self._bound)
        mean, variance = self._sum / (self._count + 1), self._squares / (self._count + 1)
        self._count += 1
        bet = math.sqrt(2 * self._log / (variance * self._count * math.log(1 + self._count)))
        bet = min(bet, LARGEST_BET)
        self._bets += bet
        self._won += bet * value
        self._spread += (value - mean) ** 2 * (-math.log(1 - bet) - bet)
        self._sum += value
        self._squares += (value - self._sum / (self._count + 1)) ** 2
        centre, radius = self._won / self._bets, (self._log + self._spread) / self._bets
        # What was excluded once stays excluded.
        self.low = max(self.low, self._back(centre - radius))
        self.high = min(self.high, self._back(centre + radius))
        self.estimate = self._back(centre)

    def _back(self, value: float) -> float:
        return value * 2 * self._bound - self._bound
