"""What an untrained network promises: zero-cost proxies, one file per idea, and their names."""
