"""The fused implementation of the super-network of cells: the same numbers, fewer launches."""
