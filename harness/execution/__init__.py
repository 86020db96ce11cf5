"""From an experiment to finished jobs."""
