"""A broker in this process that fills orders against bars and quotes.

`broker.SimulatedBroker` is the face; what it promises, rule by rule, is `docs/concepts/fills.md`.
"""
