"""Tests of the tape in SQLite."""
