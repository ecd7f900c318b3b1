"""Runnable examples; the test suite runs them too."""
