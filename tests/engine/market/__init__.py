"""Tests of engine.market."""
