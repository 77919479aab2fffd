//! What a model's past says: posteriors, quantile sketches, pacing.
