"""What a proxy costs, keeps and saves."""
