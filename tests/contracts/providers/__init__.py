"""Payment providers to test with: each speaks its own wire format, keeps books of its own, and fails on demand."""
