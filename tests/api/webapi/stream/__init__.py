"""Tests of the stream of the Web API."""
