"""Networks and super-networks that are chains of mobile blocks."""
