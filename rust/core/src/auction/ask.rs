//! What an exchange is asked, and why it refuses.

use crate::profile::features::Features;
use crate::profile::{BookError, CodecError, Estimate, Moment};

use super::explore::Curiosity;
use super::{Bar, Verifier, Weights};

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
    /// Models whose runs are sold from outside (ascending), at a price of their own.
    pub offers: Vec<Sold>,
    /// Hour of the day, 0..24, if it is to count.
    pub hour: Option<u8>,
    /// Calls under way to models (numbers, ascending), as far as known.
    pub loads: Vec<(usize, u32)>,
    /// Most lanes, if fewer or more than the exchange's.
    pub max_lanes: Option<usize>,
    /// Features of a task whose class nobody named, by which it may be classed.
    pub features: Option<Features>,
}

/// A model's run as somebody else sells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sold {
    /// The model's number.
    pub model: usize,
    /// What its run costs, in USD.
    pub cost_usd: f64,
    /// Its quality on this task as the buyer believes it, if not as learned of the model.
    pub quality: Option<f64>,
}

impl Sold {
    /// The estimate with the seller's price, and with the quality believed.
    pub(super) fn applied(&self, estimate: Estimate) -> Estimate {
        let quality = self.quality.unwrap_or(estimate.quality);
        let logit = self.quality.map_or(estimate.logit, |quality| {
            let quality = quality.clamp(1e-6, 1.0 - 1e-6);
            (quality / (1.0 - quality)).ln()
        });
        Estimate {
            quality,
            logit,
            cost_usd: self.cost_usd,
            cost_doubt: 0.0,
            ..estimate
        }
    }
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
            limits: Limits {
                cost_usd: None,
                latency_s: None,
                quality: None,
            },
            barred: Vec::new(),
            offers: Vec::new(),
            hour: None,
            loads: Vec::new(),
            max_lanes: None,
            features: None,
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

impl Ask<'_> {
    /// When, and under which load, a model would be called.
    pub(super) fn moment(&self, model: usize) -> Moment {
        moment(self.hour, &self.loads, model)
    }

    /// Refuses numbers that are none.
    pub(super) fn check(&self) -> Result<(), AuctionError> {
        let number = |value: f64| value.is_finite() && value >= 0.0;
        let limits = [
            self.limits.cost_usd,
            self.limits.latency_s,
            self.limits.quality,
            self.output_limit,
        ];
        let chance = |value: f64| (0.0..=1.0).contains(&value);
        if self.weights.is_some_and(|weights| !weights.is_sound()) {
            return Err(AuctionError::Unsound("weights"));
        }
        if !limits.iter().flatten().all(|limit| number(*limit)) {
            return Err(AuctionError::Unsound("limits"));
        }
        if self
            .verifier
            .is_some_and(|verifier| !chance(verifier.accepts_good) || !chance(verifier.accepts_bad))
        {
            return Err(AuctionError::Unsound("verifier"));
        }
        let sound = |offer: &Sold| number(offer.cost_usd) && offer.quality.is_none_or(chance);
        if !self.offers.iter().all(sound) {
            return Err(AuctionError::Unsound("offers"));
        }
        if !number(self.input_tokens) || !number(self.multiplier) {
            return Err(AuctionError::Unsound("input_tokens or multiplier"));
        }
        Ok(())
    }
}

/// When, and under which load, a model is called.
pub(super) fn moment(hour: Option<u8>, loads: &[(usize, u32)], model: usize) -> Moment {
    let place = loads.binary_search_by_key(&model, |(number, _)| *number);
    Moment {
        hour,
        load: place.ok().map(|place| loads[place].1),
    }
}

impl Limits {
    /// Why a bid may not take part, if it may not.
    pub(super) fn bar(&self, estimate: &Estimate) -> Option<Bar> {
        if self.cost_usd.is_some_and(|limit| estimate.cost_usd > limit) {
            Some(Bar::TooDear)
        } else if self
            .latency_s
            .is_some_and(|limit| estimate.latency_s > limit)
        {
            Some(Bar::TooSlow)
        } else if self.quality.is_some_and(|limit| estimate.quality < limit) {
            Some(Bar::TooWeak)
        } else {
            None
        }
    }
}
