"""From the graphs of architectures to numbers: structure, similarity, chance, groups."""
