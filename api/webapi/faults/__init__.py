"""Faults on request: what goes wrong at a real gateway, brought about here to see who bears it."""
