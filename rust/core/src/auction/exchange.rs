//! The exchange: bids from profiles in, an award out; outcomes in, better profiles.

use crate::profile::features::Features;
use crate::profile::{Body, Book, Card, Found, Request};

use super::choose::{best_by, choose};
use super::pending::{Pending, Register, Seen};
use super::reach::Reach;
use super::{Ask, AuctionError, Award, Bar, Bid, Dice, Finding, Kind, Plan, Settings, Weights};

/// A market's core: profiles, weights, dice.
#[derive(Clone, Debug)]
pub struct Exchange {
    settings: Settings,
    pub(super) book: Book,
    /// Models that may bid; others are only known from files.
    active: usize,
    dice: Dice,
    pub(super) pending: Register,
    pub(super) next: u64,
    /// What was learned since the last [`Exchange::take_delta`], if it is kept.
    pub(super) delta: Option<Book>,
    /// How often later lanes really start.
    pub(super) reach: Reach,
    /// Classes found for tasks without one; made with the first of these.
    pub(super) found: Option<Found>,
}

impl Exchange {
    /// An exchange where these models bid.
    ///
    /// # Errors
    /// [`AuctionError::Book`] for a duplicate name or an unsound card, [`AuctionError::Unsound`] for
    /// weights that are negative or no numbers, or a floor outside 0..=1.
    pub fn new(cards: Vec<Card>, settings: Settings) -> Result<Self, AuctionError> {
        if !settings.weights.is_sound() {
            return Err(AuctionError::Unsound("weights"));
        }
        if !settings.curiosity.is_sound() {
            return Err(AuctionError::Unsound("explore_floor"));
        }
        let mut book = Book::new(settings.seed);
        let active = cards.len();
        book.add_models(cards).map_err(AuctionError::Book)?;
        let mut dice = Dice::new(settings.seed);
        // Awards of exchanges with different seeds should not be taken for each other.
        let next = (dice.bits() >> 34) << 32;
        Ok(Self {
            settings,
            book,
            active,
            dice,
            pending: Register::new(settings.remembered, settings.seed),
            next,
            delta: None,
            reach: Reach::default(),
            found: None,
        })
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
        ask.check()?;
        let class = self.book.class(ask.class);
        let weights = ask
            .weights
            .unwrap_or(self.settings.weights)
            .paced(ask.multiplier);
        let found = ask.features.as_ref().map(|features| self.sort(features));
        let (mut bids, barred) = self.collect(class, found, ask, &weights);
        if bids.is_empty() {
            return Err(AuctionError::NobodyBids(barred));
        }
        let curiosity = self.settings.curiosity;
        curiosity.draw(&mut bids, &weights, &mut self.dice);
        let best = best_by(&bids, None, |bid| bid.score).unwrap_or(0);
        let drawn = curiosity.pick(&bids, &mut self.dice);
        let exploring = drawn != best;
        let lanes = ask.max_lanes.unwrap_or(self.settings.max_lanes);
        let planned = |first, exploring| {
            let joint = self.book.joint();
            choose(&bids, first, exploring, ask, lanes, &weights, joint)
        };
        let mut plan = planned(drawn, exploring);
        // A second search tells a log's readers whether this bid would have led anyway.
        let anyway = exploring && curiosity.floor > 0.0 && ask.verifier.is_some();
        let usual = anyway.then(|| planned(best, false).lanes[0]);
        let forecast = self.temper(&mut plan, &bids, &weights);
        let winner = bids
            .iter()
            .position(|bid| bid.model == plan.lanes[0])
            .unwrap_or(drawn);
        let lead = match usual {
            Some(model) => bids.iter().position(|bid| bid.model == model),
            None => Some(if exploring { best } else { winner }),
        };
        self.next += 1;
        let runner_up = best_by(&bids, Some(winner), |bid| bid.score);
        let award = Award {
            id: self.next,
            class,
            bids,
            barred,
            winner,
            lead: lead.unwrap_or(best),
            runner_up,
            plan,
            weights,
            exploring,
            curiosity,
            input_tokens: ask.input_tokens,
            found,
        };
        self.remember(&award, forecast, ask);
        Ok(award)
    }

    /// Corrects a cascade by how far lanes really start, and gives the forecast without correction:
    /// chances of start, and quality.
    fn temper(&self, plan: &mut Plan, bids: &[Bid], weights: &Weights) -> (Vec<f64>, f64) {
        if plan.kind != Kind::Cascade {
            return (Vec::new(), 0.0);
        }
        let forecast = (plan.starts.clone(), plan.expected.quality);
        self.reach.correct(plan, weights, |lane| {
            let bid = bids.iter().find(|bid| bid.model == lane);
            bid.map_or((0.0, 0.0), |bid| {
                (bid.estimate.cost_usd, bid.estimate.latency_s)
            })
        });
        forecast
    }

    fn remember(&mut self, award: &Award, (starts, forecast): (Vec<f64>, f64), ask: &Ask<'_>) {
        let (class, input_tokens) = (award.class, award.input_tokens);
        let selective = award.plan.kind == Kind::Cascade;
        self.pending.put(
            award.id,
            Pending {
                class,
                found: award.found.map(|found| found.class),
                input_tokens,
                selective,
                starts,
                forecast,
                hour: ask.hour,
                loads: ask.loads.clone(),
                seen: Vec::new(),
            },
        );
    }

    /// Finds a class for a task by its features.
    pub(super) fn sort(&mut self, features: &Features) -> Finding {
        let keeps = self.delta.is_some();
        let found = self.found.get_or_insert_with(|| Found::new(&self.book));
        if keeps {
            found.keep_fresh();
        }
        let class = found.sort(features);
        let (gain, error) = found.gain();
        Finding {
            class,
            decides: found.decides(),
            gain,
            error,
        }
    }

    /// The book that the bids for a task are made from, and its class there.
    fn informed(&self, class: usize, found: Option<Finding>) -> (&Book, usize) {
        match (&self.found, found) {
            (Some(book), Some(finding)) if finding.decides => (book.book(), finding.class),
            _ => (&self.book, class),
        }
    }

    fn collect(
        &self,
        class: usize,
        found: Option<Finding>,
        ask: &Ask<'_>,
        weights: &Weights,
    ) -> (Vec<Bid>, Vec<(usize, Bar)>) {
        let (book, class) = self.informed(class, found);
        let request = Request {
            class,
            input_tokens: ask.input_tokens,
            output_limit: ask.output_limit,
        };
        let mut bids = Vec::with_capacity(self.active);
        let mut barred = Vec::new();
        let mut filtered = ask.barred.iter().peekable();
        let mut sold = ask.offers.iter().peekable();
        for model in 0..self.active {
            if let Some((_, reason)) = filtered.next_if(|(number, _)| *number == model) {
                barred.push((model, Bar::Filtered(reason.clone())));
                continue;
            }
            let mut estimate = book.estimate(&request, model);
            if ask.hour.is_some() || !ask.loads.is_empty() {
                estimate.latency_s *= self.book.tide(model, &ask.moment(model));
            }
            while let Some(offer) = sold.next_if(|offer| offer.model <= model) {
                if offer.model == model {
                    estimate = offer.applied(estimate);
                }
            }
            if let Some(bar) = ask.limits.bar(&estimate) {
                barred.push((model, bar));
            } else {
                let score = weights.of(&estimate);
                bids.push(Bid {
                    model,
                    estimate,
                    score,
                    drawn: score,
                });
            }
        }
        (bids, barred)
    }

    /// Changes a model's list prices.
    ///
    /// # Errors
    /// [`AuctionError`] for an unknown model or a price that is negative or no number.
    pub fn reprice(
        &mut self,
        model: usize,
        price_in: f64,
        price_out: f64,
    ) -> Result<(), AuctionError> {
        if model >= self.book.cards().len() {
            return Err(AuctionError::UnknownModel(model));
        }
        self.book
            .reprice(model, price_in, price_out)
            .map_err(AuctionError::Book)?;
        if let Some(found) = &mut self.found {
            found
                .book_mut()
                .reprice(model, price_in, price_out)
                .map_err(AuctionError::Book)?;
        }
        Ok(())
    }

    /// What was seen of an award's lanes so far; nothing for an award that is not remembered.
    #[must_use]
    pub fn seen(&self, award: u64) -> &[Seen] {
        self.pending.get(award).map_or(&[], |pending| &pending.seen)
    }

    /// Keeps what is learned from now on apart as well, for [`Exchange::take_delta`].
    pub fn keep_delta(&mut self) {
        self.delta.get_or_insert_with(|| self.book.blank());
        self.pending.note_touched();
    }

    /// What was learned since the last call, as a profile file; `None` if nothing was, or none is kept.
    pub fn take_delta(&mut self) -> Option<Vec<u8>> {
        let delta = self.delta.as_mut()?;
        if !delta.has_learned() {
            return None;
        }
        let found = self.found.as_mut().and_then(Found::take_fresh);
        let file = delta.body().with(found).to_bytes();
        *delta = self.book.blank();
        Some(file)
    }

    /// Knows from now on what a profile file holds and what [`Exchange::take_delta`] would give, and
    /// nothing else; awards stay known.
    ///
    /// # Errors
    /// [`AuctionError::Codec`]; the exchange is then unchanged.
    pub fn renew(&mut self, file: &[u8]) -> Result<(), AuctionError> {
        let (mut book, body) = (self.book.blank(), read(file)?);
        book.merge_body(&body).map_err(AuctionError::Codec)?;
        if let Some(delta) = &self.delta {
            book.merge_body(&delta.body())
                .map_err(AuctionError::Codec)?;
        }
        let mut found = self.found.as_ref().map(Found::forgotten);
        let fresh = self.found.as_ref().and_then(Found::fresh);
        for part in body.found().into_iter().chain(&fresh) {
            let found = found.get_or_insert_with(|| Found::new(&book));
            found.merge(part).map_err(AuctionError::Codec)?;
        }
        (self.book, self.found) = (book, found);
        Ok(())
    }

    /// What was learned, as a profile file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let found = self.found.as_ref().map(Found::body);
        self.book.body().with(found).to_bytes()
    }

    /// Adds what a profile file holds.
    ///
    /// # Errors
    /// [`AuctionError::Codec`]; the exchange is then unchanged.
    pub fn merge(&mut self, file: &[u8]) -> Result<(), AuctionError> {
        let body = read(file)?;
        let mut found = self.found.clone();
        if let Some(part) = body.found() {
            let found = found.get_or_insert_with(|| Found::new(&self.book));
            found.merge(part).map_err(AuctionError::Codec)?;
        }
        self.book.merge_body(&body).map_err(AuctionError::Codec)?;
        self.found = found;
        Ok(())
    }
}

fn read(file: &[u8]) -> Result<Body, AuctionError> {
    Body::read(file).map_err(AuctionError::Codec)
}
