"""Run neural-architecture-search methods on proxy -> target pairs under equal rules."""
