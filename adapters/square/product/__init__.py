"""The item library."""
