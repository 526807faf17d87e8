"""Asks the vendors' APIs over HTTPS, within each one's rate, and says what came of it as values."""
