"""What gradient and weight-sharing methods have in common."""
