"""Stepped backtests: the clock that moves on when its clients have acknowledged, or by hand."""
