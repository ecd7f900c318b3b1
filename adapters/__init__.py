"""What stands behind the ports of the engine: brokers, the durable tape, market data files.

An adapter knows the engine and its own technology. It knows no other adapter and no API.
"""
