"""The facts on the tape, one file a noun; ``engine.events`` is all of them and their codec."""
