"""Tests of the pure core, one module a source module."""
