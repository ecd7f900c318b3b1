"""Tests of the served Web API."""
