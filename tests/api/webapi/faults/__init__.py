"""Tests of faults on request."""
