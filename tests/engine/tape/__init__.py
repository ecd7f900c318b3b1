"""Tests of the tape without a disk."""
