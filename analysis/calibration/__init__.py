"""Do tests keep their level, do intervals cover? Simulations of the designs that reports have."""
