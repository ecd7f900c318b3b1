"""Tests of the brokers behind the engine."""
