"""The nouns of the harness; imported by everything, importing nothing of ours but each other."""
