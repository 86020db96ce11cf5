"""How alike the architectures that searches found are, and how searches changed them."""
