"""What methods are made of: sampling loops, one-shot super-networks, evolution, proxies, NNI."""
