"""From the records of an experiment to typed tables of runs, searches and logged values."""
