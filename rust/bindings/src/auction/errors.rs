//! The core's refusals as the Python classes of `atomic_ai.errors`.

use atomic_core::auction::{AuctionError, LedgerError};
use atomic_core::profile::{BookError, Card, CodecError};
use pyo3::PyErr;

pyo3::import_exception!(atomic_ai.errors, BudgetError);
pyo3::import_exception!(atomic_ai.errors, ConfigError);
pyo3::import_exception!(atomic_ai.errors, LimitError);
pyo3::import_exception!(atomic_ai.errors, MisuseError);
pyo3::import_exception!(atomic_ai.errors, StateError);
pyo3::import_exception!(atomic_ai.errors, UnknownModelError);

/// An auction's refusal; `cards` name the models.
pub fn auction_error(error: AuctionError, cards: &[Card]) -> PyErr {
    let name = |model: usize| {
        cards
            .get(model)
            .map_or_else(|| model.to_string(), |card| card.name.clone())
    };
    match error {
        AuctionError::NobodyBids(barred) => {
            let reasons: Vec<String> = barred
                .iter()
                .map(|(model, bar)| format!("{}: {}", name(*model), bar.reason()))
                .collect();
            ConfigError::new_err(format!("no model may bid ({})", reasons.join("; ")))
        }
        AuctionError::UnknownAward(id) => MisuseError::new_err(format!(
            "award {id} is not known here: made by another market, or too long ago; Market(remembered=…) keeps more, \
             Market(profiles=…) keeps them over restarts"
        )),
        AuctionError::UnknownModel(model) => {
            UnknownModelError::new_err(format!("no model {}", name(model)))
        }
        AuctionError::Observed(id, model) => StateError::new_err(format!(
            "the outcome of {} in award {id} was observed before",
            name(model)
        )),
        AuctionError::NotObserved(id, model) => StateError::new_err(format!(
            "no outcome of {} in award {id} was observed: observe(…) its lane first",
            name(model)
        )),
        AuctionError::Unsound(what) => MisuseError::new_err(unsound(what)),
        AuctionError::Book(error) => book_error(error),
        AuctionError::Codec(error) => codec_error(error),
    }
}

/// What an argument takes.
fn unsound(what: &str) -> String {
    match what {
        "quality" => {
            "quality is a number from 0 to 1, or None where nobody has judged yet".to_owned()
        }
        "weights" => "weights are numbers, zero or more".to_owned(),
        "verifier" => {
            "verifier is how often whoever judges is right, 0 to 1, or a pair of such chances"
                .to_owned()
        }
        "limits" => {
            "max_cost_usd, max_latency_s, min_quality and output_limit are numbers, zero or more"
                .to_owned()
        }
        "offers" => "an offer is a price, zero or more, and a quality from 0 to 1".to_owned(),
        what => format!("{what} must be a number, zero or more"),
    }
}

fn book_error(error: BookError) -> PyErr {
    match error {
        BookError::Duplicate(name) => {
            ConfigError::new_err(format!("two models are named {name:?}"))
        }
        BookError::Unsound(name) => ConfigError::new_err(format!(
            "model {name:?}: prices must be numbers and not negative, quality within 0..1"
        )),
        BookError::Full => LimitError::new_err("a market keeps no more models"),
    }
}

fn codec_error(error: CodecError) -> PyErr {
    match error {
        CodecError::Newer(version) => ConfigError::new_err(format!(
            "the profile file has version {version}, which is newer than this Atomic reads: upgrade it"
        )),
        CodecError::CutShort => ConfigError::new_err(
            "the profile file is cut short: it ends before its stated length; export it again, or take a copy",
        ),
        CodecError::Corrupt(what) => ConfigError::new_err(format!(
            "not a profile file of Atomic, or damaged ({what}); nothing was changed"
        )),
        CodecError::TooLarge(bytes) => {
            LimitError::new_err(format!("a profile file of {bytes} bytes is not read"))
        }
    }
}

/// A ledger's refusal.
pub fn ledger_error(error: LedgerError) -> PyErr {
    match error {
        LedgerError::Exhausted(account, left) => BudgetError::new_err(format!(
            "budget {account:?} has ${left:.6} left, which is too little"
        )),
        LedgerError::Unknown(id) => StateError::new_err(format!("reservation {id} is not open")),
        LedgerError::Unsound => {
            MisuseError::new_err("an amount of money must be a number and not negative")
        }
    }
}
