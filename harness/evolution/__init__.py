"""What evolutionary methods have in common."""
