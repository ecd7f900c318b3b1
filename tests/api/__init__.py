"""Tests of the edges, one module a source module."""
