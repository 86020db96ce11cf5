"""Networks and super-networks made of cells, with the macro architecture of DARTS."""
