"""Tests of the ways from ``ctx.ibkr`` to a Web API."""
