"""The stream of events: what clients hear over WebSocket and Server-Sent Events."""
