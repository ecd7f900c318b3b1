"""The edges people touch: the command line, the HTTP and WebSocket dialects, and the wiring.

Only the composition root, `api/app.py`, knows the adapters.
"""
