//! What winners are paid, where bidders state their own costs.
//!
//! With scores `S_i = v_i − μ·c_i`, where `v_i` is what the *buyer* thinks an award to i is worth apart
//! from its price and μ the price of money, the winner is paid c up to which it would have won: the
//! second-score rule (Che 1993; Asker, Cantillon 2008). What it is paid does not depend on what it
//! asked, so asking the true cost is a dominant strategy. For several winners the rule is
//! Vickrey–Clarke–Groves: what the others lose by its being there.

/// A sealed offer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// Value to the buyer apart from the price, in value units.
    pub value: f64,
    /// What the bidder asks, in USD.
    pub ask_usd: f64,
}

/// One winner and its payment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payment {
    /// Place of the offer.
    pub winner: usize,
    /// What it is paid, in USD.
    pub pay_usd: f64,
}

/// Clears `seats` equal awards among `offers`: at most one each, the best scores, none below 0 and
/// none asking more than `reserve_usd`. `per_usd` is μ > 0. Offers that are no numbers do not take part.
#[must_use]
pub fn clear(offers: &[Offer], seats: usize, per_usd: f64, reserve_usd: f64) -> Vec<Payment> {
    let score = |offer: &Offer| offer.value - per_usd * offer.ask_usd;
    let fair = |offer: &Offer| {
        offer.value.is_finite()
            && (0.0..=reserve_usd).contains(&offer.ask_usd)
            && score(offer) >= 0.0
    };
    if per_usd <= 0.0 || !per_usd.is_finite() {
        return Vec::new();
    }
    let mut ranked: Vec<usize> = (0..offers.len())
        .filter(|place| fair(&offers[*place]))
        .collect();
    // A stable sort: of equal scores the earlier offer wins.
    ranked.sort_by(|one, other| score(&offers[*other]).total_cmp(&score(&offers[*one])));
    // With equal seats the loss that a winner causes is the best losing score, or nothing.
    let lost = ranked
        .get(seats)
        .map_or(0.0, |place| score(&offers[*place]));
    let pay = |place: &usize| Payment {
        winner: *place,
        pay_usd: ((offers[*place].value - lost) / per_usd).min(reserve_usd),
    };
    ranked.iter().take(seats).map(pay).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offers() -> impl Strategy<Value = Vec<Offer>> {
        let offer =
            (0.0_f64..1.0, 0.0_f64..0.1).prop_map(|(value, ask_usd)| Offer { value, ask_usd });
        prop::collection::vec(offer, 1..8)
    }

    fn paid(offers: &[Offer], seats: usize, place: usize) -> Option<f64> {
        let payments = clear(offers, seats, 10.0, 0.08);
        payments
            .iter()
            .find(|payment| payment.winner == place)
            .map(|payment| payment.pay_usd)
    }

    proptest! {
        #[test]
        fn no_winner_is_paid_less_than_it_asked(offers in offers(), seats in 1_usize..4) {
            for payment in clear(&offers, seats, 10.0, 0.08) {
                prop_assert!(payment.pay_usd >= offers[payment.winner].ask_usd - 1e-12);
            }
        }

        #[test]
        fn asking_less_never_loses(offers in offers(), seats in 1_usize..4, place in 0_usize..8, share in 0.0_f64..1.0) {
            let place = place % offers.len();
            if paid(&offers, seats, place).is_some() {
                let mut cheaper = offers.clone();
                cheaper[place].ask_usd *= share;
                prop_assert!(paid(&cheaper, seats, place).is_some());
            }
        }

        #[test]
        fn a_lie_about_the_cost_never_pays(offers in offers(), seats in 1_usize..4, place in 0_usize..8, lie in 0.0_f64..0.1) {
            let place = place % offers.len();
            let truth = offers[place].ask_usd;
            let gain = |offers: &[Offer]| paid(offers, seats, place).map_or(0.0, |pay| pay - truth);
            let mut lying = offers.clone();
            lying[place].ask_usd = lie;
            prop_assert!(gain(&lying) <= gain(&offers) + 1e-12);
        }
    }

    #[test]
    fn offers_that_are_no_numbers_take_no_part() {
        let garbage = [
            Offer {
                value: f64::NAN,
                ask_usd: 0.0,
            },
            Offer {
                value: 1.0,
                ask_usd: f64::NAN,
            },
        ];
        assert!(clear(&garbage, 1, 10.0, 1.0).is_empty());
        assert!(
            clear(
                &[Offer {
                    value: 1.0,
                    ask_usd: 0.0
                }],
                1,
                f64::NAN,
                1.0
            )
            .is_empty()
        );
    }
}
