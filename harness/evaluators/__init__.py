"""Evaluators, one file each; the file's name is the evaluator's name."""
