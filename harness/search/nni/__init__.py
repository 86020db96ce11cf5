"""NNI's strategies at work on our problems; every module but ``quiet`` imports NNI."""
