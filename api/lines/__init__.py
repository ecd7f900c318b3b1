"""The lines to remote brokers: what the engine's lines ask for, carried out on the event loop."""
