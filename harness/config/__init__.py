"""The experiment and its rules: strict YAML, checked before anything starts."""
