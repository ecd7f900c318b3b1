"""The pure core: values, facts, the order automaton, the fold and the engine.

Nothing here is asynchronous, reads a clock, draws a random number or opens a file; whatever the
core needs from the world arrives as an argument or through a port.
"""
