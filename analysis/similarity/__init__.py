"""How alike cells, chains, architecture parameters and networks are, beside chance.

``metrics`` compares two lists of graphs at once, ``chance`` says what random pairs of the same
space would give, ``groups`` asks whether groups differ beyond that.
"""
