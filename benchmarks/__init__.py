"""Headline figures, each measured beside its peer in the same run."""
