"""Operations, cells and super-networks: modules only, no policy."""
