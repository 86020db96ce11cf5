"""Which arm is better: ask, sample, measure, adjust for the family, decide."""
