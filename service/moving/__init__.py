"""Takes everything a database holds to another one, or into a file and back, checked row by row."""
