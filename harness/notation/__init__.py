"""Text forms of architectures, shared by spaces and the analysis."""
