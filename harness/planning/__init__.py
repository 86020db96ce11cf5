"""From an experiment to the jobs to do: priced, and refused before the first one starts."""
