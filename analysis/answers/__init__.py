"""What an experiment says: one module for each question, pure functions of its tables."""
