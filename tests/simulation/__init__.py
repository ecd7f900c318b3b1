"""Whole runs under simulated time."""
