"""From results on disk to tables, figures and a report; runs nothing, needs no torch."""
