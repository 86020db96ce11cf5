"""Commands that run no experiment: tune, doctor, describe, export, bench, latency, estimate."""
