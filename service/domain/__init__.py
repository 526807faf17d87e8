"""The rules of keeping a word: pure functions and frozen values, the standard library only."""
