"""Tests of the adapters, one module a source module."""
