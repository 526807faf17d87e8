"""What Keepword does: one verb a file. Each takes its session and its instant, and writes."""
