"""Reads people from sheets: bytes to text, text to rows, rows to newcomers. Writes nothing."""
