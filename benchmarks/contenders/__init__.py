"""What the backtest benchmarks race: one module a contender, each run in a process of its own.

`python -m benchmarks.contenders.NAME DATA [option=value ...]` reads columns that the module
`benchmarks.market` wrote, runs the strategy once, and prints one JSON object: seconds, orders,
fills, equity, peak_mb. All trade alike: 10 units at market whenever the mean of the last 10 closes
crosses that of the last 30. Only the run is timed, not reading the data, importing or reporting.
"""
