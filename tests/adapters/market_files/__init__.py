"""Tests of adapters.market_files."""
