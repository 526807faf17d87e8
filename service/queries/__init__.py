"""The read side: plain rows for every shell. Nothing here writes."""
