//! Seeded random numbers: `SplitMix64` (Steele, Lea, Flood 2014), enough for draws from posteriors.

/// A generator; equal seeds give equal sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// A generator for this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, to the accuracy of the sum of four uniforms' correction: the tails beyond
    /// three and a half standard deviations are missing, which a tempered draw never needs.
    pub fn normal(&mut self) -> f64 {
        let bits = self.bits();
        let sum = (0..4)
            .map(|part| (bits >> (16 * part)) & 0xffff)
            .sum::<u64>() as f64
            / 65_536.0;
        (sum - 2.0) * 3.0_f64.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn draws_have_the_stated_moments_and_repeat() {
        let mut dice = Dice::new(7);
        let draws: Vec<f64> = (0..100_000).map(|_| dice.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|draw| draw * draw).sum::<f64>() / 1e5;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
        assert!(Dice::new(7).bits() == Dice::new(7).bits() && (0.0..1.0).contains(&dice.uniform()));
    }
}
