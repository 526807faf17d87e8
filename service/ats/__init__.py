"""Adapters: what each applicant tracking system sends, turned into our few changes."""
