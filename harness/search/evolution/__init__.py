"""What evolutionary methods share: populations, generations, fitness."""
