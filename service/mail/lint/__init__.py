"""Reads letters before anybody else does: what would mislead, hurt or not be readable."""
