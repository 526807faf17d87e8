"""Keepword keeps a recruiter's word: promises to candidates, watched until they are kept."""

__version__ = "0.1.0"
