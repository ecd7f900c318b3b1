"""Tests of the simulator: every rule of docs/concepts/fills.md, by name."""
