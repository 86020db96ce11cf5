"""What a job leaves behind, and where."""
