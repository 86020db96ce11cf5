"""What methods share that learn from the scores of single candidates."""
