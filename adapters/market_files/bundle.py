"""The data that ships in the package: a synthetic week of one-minute bars of five symbols.

It is for demonstrations, tests and first steps. The prices are made up by a seeded generator
(`adapters.market_files.synthetic`) and labelled so in every file's name and first line.
"""

from typing import cast

from adapters.market_files.loading import load
from adapters.market_files.synthetic import FOLDER, RECIPES
from engine.market.bars import Bars
from engine.market.timeframes import MINUTE_NS

SYMBOLS = tuple(recipe.symbol for recipe in RECIPES)


def bundled() -> list[Bars]:
    """The bundled bars, one series a symbol, in the order of SYMBOLS."""
    found = []
    for recipe in RECIPES:
        bars = load(FOLDER / recipe.file_name, recipe.symbol, timeframe_ns=MINUTE_NS)
        found.append(cast(Bars, bars))  # the header is ours
    return found
