"""Strategies in process: loading their files, what they see, and how they are driven."""
