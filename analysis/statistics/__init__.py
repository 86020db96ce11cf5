"""Numbers in, numbers out: tests, intervals, effects, curves, ranks. Accuracies are in percent."""
