"""Data on the device and the training of one stand-alone network."""
