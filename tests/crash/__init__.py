"""Processes killed at bad moments, and what they left behind."""
