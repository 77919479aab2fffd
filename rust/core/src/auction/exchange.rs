//! The exchange: bids from profiles in, an award out; outcomes in, better profiles.

use crate::profile::{Book, BookError, Card, Change, CodecError, Estimate, Joint, Outcome, Request};

use super::explore::Curiosity;
use super::pending::{Pending, Register, Seen};
use super::plan::{CANDIDATES, Search};
use super::{Award, Bar, Bid, Dice, Plan, Verifier, Weights};

/// What an exchange is made with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The buyer's weights where an [`Ask`] brings none.
    pub weights: Weights,
    /// How much is explored.
    pub curiosity: Curiosity,
    /// Seed of every draw and hash.
    pub seed: u64,
    /// Awards that late feedback can reach.
    pub remembered: usize,
    /// Most lanes of a plan.
    pub max_lanes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            curiosity: Curiosity::LEARNING,
            seed: 0,
            remembered: 65_536,
            max_lanes: 3,
        }
    }
}

/// Hard limits a bid must keep.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Most expected cost in USD.
    pub cost_usd: Option<f64>,
    /// Most expected seconds.
    pub latency_s: Option<f64>,
    /// Least expected quality.
    pub quality: Option<f64>,
}

/// One task, as the auction sees it.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// Name of its class.
    pub class: &'a str,
    /// Tokens that will be sent.
    pub input_tokens: f64,
    /// The most tokens that may come back, if bounded.
    pub output_limit: Option<f64>,
    /// Who judges the lanes' answers, if anybody does.
    pub verifier: Option<Verifier>,
    /// Weights in the place of the exchange's.
    pub weights: Option<Weights>,
    /// The pacer's ν.
    pub multiplier: f64,
    /// Hard limits.
    pub limits: Limits,
    /// Models that may not bid (numbers, ascending) and why.
    pub barred: Vec<(usize, String)>,
    /// Most lanes, if fewer or more than the exchange's.
    pub max_lanes: Option<usize>,
}

impl<'a> Ask<'a> {
    /// A task of this class and length without limits, judged by nobody.
    #[must_use]
    pub const fn new(class: &'a str, input_tokens: f64) -> Self {
        Self {
            class,
            input_tokens,
            output_limit: None,
            verifier: None,
            weights: None,
            multiplier: 0.0,
            limits: Limits { cost_usd: None, latency_s: None, quality: None },
            barred: Vec::new(),
            max_lanes: None,
        }
    }
}

/// Why the exchange refuses. Nothing was changed.
#[derive(Clone, Debug, PartialEq)]
pub enum AuctionError {
    /// No model may bid; the reasons.
    NobodyBids(Vec<(usize, Bar)>),
    /// An award that this exchange does not remember.
    UnknownAward(u64),
    /// A number for a model that is not there.
    UnknownModel(usize),
    /// The outcome of this lane has been observed already.
    Observed(u64, usize),
    /// Feedback on a lane of which no outcome was observed.
    NotObserved(u64, usize),
    /// A number that is none, or out of its range; the argument's name.
    Unsound(&'static str),
    /// A model that cannot be added or repriced.
    Book(BookError),
    /// A profile file that cannot be read.
    Codec(CodecError),
}

/// The smallest gain, as a share of V, for which a second lane is held ready.
const WORTH_HEDGING: f64 = 0.004;
/// Share of answers that are later than a hedge's delay: where time counts, and where it does not.
const LATE: (f64, f64) = (0.05, 0.01);

/// A market's core: profiles, weights, dice.
#[derive(Clone, Debug)]
pub struct Exchange {
    settings: Settings,
    book: Book,
    /// Models that may bid; others are only known from files.
    active: usize,
    dice: Dice,
    pending: Register,
    next: u64,
}

impl Exchange {
    /// An exchange where these models bid.
    ///
    /// # Errors
    /// [`AuctionError::Book`] for a duplicate name or an unsound card, [`AuctionError::Unsound`] for
    /// weights that are negative or no numbers.
    pub fn new(cards: Vec<Card>, settings: Settings) -> Result<Self, AuctionError> {
        if !settings.weights.is_sound() {
            return Err(AuctionError::Unsound("weights"));
        }
        let mut book = Book::new(settings.seed);
        let active = cards.len();
        book.add_models(cards).map_err(AuctionError::Book)?;
        let mut dice = Dice::new(settings.seed);
        // Awards of exchanges with different seeds should not be taken for each other.
        let next = (dice.bits() >> 34) << 32;
        Ok(Self { settings, book, active, dice, pending: Register::new(settings.remembered, settings.seed), next })
    }

    /// The profiles.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Number of models that bid; their numbers are below it.
    #[must_use]
    pub const fn active(&self) -> usize {
        self.active
    }

    /// The number of a task class, made on first sight.
    pub fn class(&mut self, name: &str) -> usize {
        self.book.class(name)
    }

    /// Holds the auction for one task.
    ///
    /// # Errors
    /// [`AuctionError::NobodyBids`] with every model's reason; [`AuctionError::Unsound`] for a number
    /// that is none.
    pub fn award(&mut self, ask: &Ask<'_>) -> Result<Award, AuctionError> {
        check(ask)?;
        let class = self.book.class(ask.class);
        let weights = ask.weights.unwrap_or(self.settings.weights).paced(ask.multiplier);
        let request = Request { class, input_tokens: ask.input_tokens, output_limit: ask.output_limit };
        let (mut bids, barred) = self.collect(&request, ask, &weights);
        if bids.is_empty() {
            return Err(AuctionError::NobodyBids(barred));
        }
        let curiosity = self.settings.curiosity;
        curiosity.draw(&mut bids, weights.quality, &mut self.dice);
        let best = best_by(&bids, None, |bid| bid.score).unwrap_or(0);
        let drawn = best_by(&bids, None, |bid| bid.drawn).unwrap_or(0);
        let exploring = drawn != best;
        let plan = self.plan(&bids, drawn, exploring, ask, &weights);
        let winner = bids.iter().position(|bid| bid.model == plan.lanes[0]).unwrap_or(drawn);
        self.next += 1;
        let runner_up = best_by(&bids, Some(winner), |bid| bid.score);
        let award = Award {
            id: self.next,
            class,
            bids,
            barred,
            winner,
            runner_up,
            plan,
            weights,
            exploring,
            curiosity,
            input_tokens: ask.input_tokens,
        };
        self.remember(&award);
        Ok(award)
    }

    fn remember(&mut self, award: &Award) {
        let selective = award.plan.lanes.len() > 1;
        let pending =
            Pending { class: award.class, input_tokens: award.input_tokens, selective, seen: Vec::new() };
        self.pending.put(award.id, pending);
    }

    fn collect(&self, request: &Request, ask: &Ask<'_>, weights: &Weights) -> (Vec<Bid>, Vec<(usize, Bar)>) {
        let mut bids = Vec::with_capacity(self.active);
        let mut barred = Vec::new();
        let mut filtered = ask.barred.iter().peekable();
        for model in 0..self.active {
            if let Some((_, reason)) = filtered.next_if(|(number, _)| *number == model) {
                barred.push((model, Bar::Filtered(reason.clone())));
                continue;
            }
            let estimate = self.book.estimate(request, model);
            match bar(&estimate, &ask.limits) {
                Some(bar) => barred.push((model, bar)),
                None => {
                    let score = weights.of(&estimate);
                    bids.push(Bid { model, estimate, score, drawn: score });
                }
            }
        }
        (bids, barred)
    }

    fn plan(&self, bids: &[Bid], first: usize, exploring: bool, ask: &Ask<'_>, weights: &Weights) -> Plan {
        let single = Plan::single(&bids[first], weights);
        let lanes = ask.max_lanes.unwrap_or(self.settings.max_lanes);
        if lanes < 2 || bids.len() < 2 {
            return single;
        }
        match ask.verifier {
            Some(verifier) => {
                let places = candidates(bids, first, weights);
                let chosen = places.iter().map(|place| &bids[*place]);
                let search = Search::new(chosen, self.book.joint(), *weights, verifier).lanes_at_most(lanes);
                let leading = if exploring { 1 } else { places.len() };
                search.best(leading).filter(|plan| plan.score > single.score).unwrap_or(single)
            }
            None => hedge(bids, first, weights).unwrap_or(single),
        }
    }

    /// Learns the outcome of a lane that ran.
    ///
    /// # Errors
    /// [`AuctionError`] for an award or model that is not known, a lane observed before, or a number
    /// out of range; nothing is learned then.
    pub fn observe(&mut self, award: u64, model: usize, outcome: Outcome) -> Result<Option<Change>, AuctionError> {
        self.sound(model, &outcome)?;
        let pending = self.pending.get_mut(award).ok_or(AuctionError::UnknownAward(award))?;
        if pending.of(model).is_some() {
            return Err(AuctionError::Observed(award, model));
        }
        let outcome = Outcome { input_tokens: pending.input_tokens, ..outcome };
        let quality = if outcome.valid { outcome.quality } else { Some(0.0) };
        let entered = quality.map(|quality| enter(&mut self.book, pending, model, quality));
        pending.seen.push(Seen { model, quality, entered: entered.unwrap_or(0.0) });
        Ok(self.book.learn(pending.class, model, &outcome, entered))
    }

    /// Learns what somebody thinks of a lane's answer, however late. Repeating it changes nothing; a
    /// different judgement takes the place of the former.
    ///
    /// # Errors
    /// [`AuctionError`] for an award that is not remembered, a lane not observed, or a quality outside
    /// 0..=1.
    pub fn feedback(&mut self, award: u64, model: usize, quality: f64) -> Result<Option<Change>, AuctionError> {
        if !(0.0..=1.0).contains(&quality) {
            return Err(AuctionError::Unsound("quality"));
        }
        let pending = self.pending.get_mut(award).ok_or(AuctionError::UnknownAward(award))?;
        let place = pending.seen.iter().position(|seen| seen.model == model);
        let place = place.ok_or(AuctionError::NotObserved(award, model))?;
        let class = pending.class;
        let known = pending.seen[place];
        match known.quality {
            Some(old) => {
                let entered = known.entered + quality - old;
                self.book.correct_quality(class, model, known.entered, entered);
                pending.seen[place] = Seen { quality: Some(quality), entered, ..known };
                Ok(None)
            }
            None => {
                pending.seen.remove(place);
                let entered = enter(&mut self.book, pending, model, quality);
                pending.seen.insert(place, Seen { quality: Some(quality), entered, ..known });
                Ok(self.book.learn_quality(class, model, entered))
            }
        }
    }

    /// Learns an outcome from elsewhere. Outcomes of several models on one `task` (any hash of it)
    /// teach how they go together.
    ///
    /// # Errors
    /// [`AuctionError`] for an unknown model or a number out of range.
    pub fn teach(&mut self, class: &str, task: u64, model: usize, outcome: Outcome) -> Result<Option<Change>, AuctionError> {
        self.sound(model, &outcome)?;
        let class = self.book.class(class);
        let id = task | TAUGHT;
        if self.pending.get_mut(id).is_none_or(|pending| pending.class != class) {
            self.pending.put(id, Pending { class, input_tokens: outcome.input_tokens, ..Pending::default() });
        }
        let pending = self.pending.get_mut(id).ok_or(AuctionError::UnknownAward(id))?;
        let quality = if outcome.valid { outcome.quality } else { Some(0.0) };
        let entered = quality.map(|quality| enter(&mut self.book, pending, model, quality));
        if pending.seen.len() < PAIRED {
            pending.seen.push(Seen { model, quality, entered: entered.unwrap_or(0.0) });
        }
        Ok(self.book.learn(class, model, &outcome, entered))
    }

    fn sound(&self, model: usize, outcome: &Outcome) -> Result<(), AuctionError> {
        if model >= self.book.cards().len() {
            return Err(AuctionError::UnknownModel(model));
        }
        let positive = |value: Option<f64>| value.is_none_or(|value| value.is_finite() && value >= 0.0);
        let rules = [
            ("quality", outcome.quality.is_none_or(|quality| (0.0..=1.0).contains(&quality))),
            ("cost_usd", positive(outcome.cost_usd)),
            ("latency_s", positive(outcome.latency_s)),
            ("ttft_s", positive(outcome.ttft_s)),
            ("output_tokens", positive(outcome.output_tokens)),
            ("input_tokens", positive(Some(outcome.input_tokens))),
        ];
        rules.iter().find(|(_, holds)| !holds).map_or(Ok(()), |(name, _)| Err(AuctionError::Unsound(name)))
    }

    /// Changes a model's list prices.
    ///
    /// # Errors
    /// [`AuctionError`] for an unknown model or a price that is negative or no number.
    pub fn reprice(&mut self, model: usize, price_in: f64, price_out: f64) -> Result<(), AuctionError> {
        if model >= self.book.cards().len() {
            return Err(AuctionError::UnknownModel(model));
        }
        self.book.reprice(model, price_in, price_out).map_err(AuctionError::Book)
    }

    /// Adds what a profile file holds.
    ///
    /// # Errors
    /// [`AuctionError::Codec`]; the exchange is then unchanged.
    pub fn merge(&mut self, file: &[u8]) -> Result<(), AuctionError> {
        self.book.merge_bytes(file).map_err(AuctionError::Codec)
    }
}

/// Marks the number of a taught task, which awards never have.
const TAUGHT: u64 = 1 << 63;
/// Outcomes of one taught task that are paired with later ones.
const PAIRED: usize = 8;

/// The quality that enters a cell: if the lane ran only because others were refused, the task was
/// harder than usual, by what their outcomes say. Learns the pairs on the way.
fn enter(book: &mut Book, pending: &Pending, model: usize, quality: f64) -> f64 {
    if pending.seen.is_empty() {
        return quality;
    }
    let expect = |book: &Book, model: usize| {
        let request = Request { class: pending.class, input_tokens: 0.0, output_limit: None };
        book.estimate(&request, model).quality
    };
    let own = expect(book, model);
    let surprise = |quality: f64, expected: f64| (quality - expected) / (expected * (1.0 - expected)).sqrt();
    let mut belief = Joint::even();
    for seen in &pending.seen {
        if let Some(other) = seen.quality {
            let expected = expect(book, seen.model);
            Joint::condition(&mut belief, &book.joint().odds(expected), other);
            book.learn_pair(surprise(other, expected), surprise(quality, own));
        }
    }
    if pending.selective {
        quality - (Joint::chance(&belief, &book.joint().odds(own)) - own)
    } else {
        quality
    }
}

fn check(ask: &Ask<'_>) -> Result<(), AuctionError> {
    let number = |value: f64| value.is_finite() && value >= 0.0;
    let limits = [ask.limits.cost_usd, ask.limits.latency_s, ask.limits.quality, ask.output_limit];
    let chance = |value: f64| (0.0..=1.0).contains(&value);
    if ask.weights.is_some_and(|weights| !weights.is_sound()) {
        return Err(AuctionError::Unsound("weights"));
    }
    if !limits.iter().flatten().all(|limit| number(*limit)) {
        return Err(AuctionError::Unsound("limits"));
    }
    if ask.verifier.is_some_and(|verifier| !chance(verifier.accepts_good) || !chance(verifier.accepts_bad)) {
        return Err(AuctionError::Unsound("verifier"));
    }
    if !number(ask.input_tokens) || !number(ask.multiplier) {
        return Err(AuctionError::Unsound("input_tokens or multiplier"));
    }
    Ok(())
}

fn bar(estimate: &Estimate, limits: &Limits) -> Option<Bar> {
    if limits.cost_usd.is_some_and(|limit| estimate.cost_usd > limit) {
        Some(Bar::TooDear)
    } else if limits.latency_s.is_some_and(|limit| estimate.latency_s > limit) {
        Some(Bar::TooSlow)
    } else if limits.quality.is_some_and(|limit| estimate.quality < limit) {
        Some(Bar::TooWeak)
    } else {
        None
    }
}

/// The best place by `key`; the first of equals.
fn best_by(bids: &[Bid], without: Option<usize>, key: impl Fn(&Bid) -> f64) -> Option<usize> {
    let places = (0..bids.len()).filter(|place| Some(*place) != without);
    places.reduce(|best, place| if key(&bids[place]) > key(&bids[best]) { place } else { best })
}

fn hedge(bids: &[Bid], first: usize, weights: &Weights) -> Option<Plan> {
    let late = if weights.per_s > 0.0 { LATE.0 } else { LATE.1 };
    let second = best_by(bids, Some(first), |bid| bid.score)?;
    let gain = weights.quality * (1.0 - bids[first].estimate.validity) * bids[second].estimate.quality;
    let plan = Plan::hedge(&bids[first], &bids[second], weights, late);
    (gain > WORTH_HEDGING * weights.quality).then_some(plan)
}

/// The bids among which plans are searched: `first`, then the best under the present price of money
/// and under cheaper and dearer money, for a cascade starts cheap and ends strong.
fn candidates(bids: &[Bid], first: usize, weights: &Weights) -> Vec<usize> {
    let mut places = vec![first];
    if bids.len() <= CANDIDATES {
        places.extend((0..bids.len()).filter(|place| *place != first));
        return places;
    }
    let scale = weights.per_usd.max(typical(bids, weights));
    for dearness in [0.0, 0.3, 1.0, 4.0, 20.0] {
        let money = Weights { per_usd: scale * dearness, ..*weights };
        for _ in 0..CANDIDATES.div_ceil(5) {
            let fresh = (0..bids.len()).filter(|place| !places.contains(place));
            let key = |place: &usize| money.of(&bids[*place].estimate);
            places.extend(fresh.max_by(|one, other| key(one).total_cmp(&key(other))));
        }
    }
    places.truncate(CANDIDATES);
    places
}

/// A price of money at which quality and cost weigh about the same among these bids.
fn typical(bids: &[Bid], weights: &Weights) -> f64 {
    let total: f64 = bids.iter().map(|bid| bid.estimate.cost_usd).sum();
    if total > 0.0 { 0.1 * weights.quality * bids.len() as f64 / total } else { 0.0 }
}
