"""What people may set by hand, in one typed tree: from TOML, from the environment, from defaults.

Every limit of the product is a field here, with its unit last in the name. Values given in code
(the command line) win over the environment (`ONETAPE_SERVER__PORT=9000`), which wins over the file.
A name that is not a setting is an error that says so, never a silent default. The reference page
`docs/reference/settings.md` is generated from these fields.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from api.faults import faults
from api.sections import SIMULATOR, Broker, Margin, Section
from api.sources import DELIMITER, SettingsError, Sources
from engine.values import PositionMode

__all__ = [
    "DEFAULT_ACCOUNTS",
    "ENV_PREFIX",
    "FILE",
    "Account",
    "Feed",
    "Limits",
    "Listeners",
    "Section",
    "Server",
    "Settings",
    "SettingsError",
    "Simulator",
    "Tape",
    "WebApi",
    "file_or_default",
    "load",
    "load_from",
]

S = TypeVar("S", bound=Section)

ENV_PREFIX = "ONETAPE_"
FILE = Path("onetape.toml")
"""The settings file that commands take when none is named, where there is one."""


class Server(Section):
    """Where the APIs listen, and who may speak to them."""

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; anything but loopback needs keys."
    )
    port: int = Field(
        default=8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Names beside localhost that a request's Host header may carry."
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(), description="Origins of web pages that may call this server; none by default."
    )
    keys_file: Path = Field(
        default=Path("onetape.keys"),
        description="Where `onetape keys` keeps the API keys' hashes; beside the settings file.",
    )
    shutdown_grace_s: float = Field(
        default=5.0,
        gt=0,
        le=300,
        description="Longest wait for requests under way when shutting down.",
    )


class Listeners(Section):
    """Ports of their own for dialects whose clients expect to be alone, on the server's host."""

    guide_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port of the order guide, at `/`; it is at `/guide` of the server in any case.",
    )
    webapi_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port of the IBKR Web API over TLS; it is at `/v1/api` of the server as well.",
    )
    webapi_certificate: Path = Field(
        default=Path("onetape.pem"),
        description="Key and certificate of that port; made if absent, beside the settings file.",
    )


class Limits(Section):
    """Ceilings on what one client, or all of them, may cost."""

    body_bytes_max: int = Field(default=65_536, ge=1_024, description="Longest request body.")
    json_depth_max: int = Field(default=16, ge=2, description="Deepest nesting of a JSON body.")
    header_bytes_max: int = Field(default=16_384, ge=1_024, description="Request line and headers.")
    frame_bytes_max: int = Field(
        default=65_536, ge=1_024, description="Longest frame from a client."
    )
    clients_max: int = Field(default=64, ge=1, description="Open streams at once.")
    connections_max: int = Field(default=1_024, ge=1, description="Open connections at once.")
    queue_length_max: int = Field(
        default=1_024,
        ge=16,
        description="Messages waiting for one stream client before it is closed.",
    )
    queue_bytes_max: int = Field(
        default=1_048_576,
        ge=1_024,
        description="Bytes waiting for one stream client before it is closed.",
    )
    heartbeat_s: float = Field(
        default=10.0, gt=0, description="Time between two heartbeats of a stream."
    )
    requests_per_second: int = Field(
        default=0,
        ge=0,
        description="Requests a second that one client address may make; 0 sets no limit.",
    )


class Tape(Section):
    """Where the facts are kept."""

    file: Path = Field(
        default=Path("onetape.tape"), description="The tape's file; made if it is absent."
    )
    snapshot_records: int = Field(
        default=20_000,
        ge=0,
        description="Fewest records between two snapshots of the state; 0 takes none.",
    )
    snapshot_pause_s: float = Field(
        default=30.0,
        ge=0,
        description="Least time between two snapshots, and from a start to the first, in seconds.",
    )


class Simulator(Section):
    """The rules by which simulated orders fill; everything is off or zero unless asked for."""

    commission: str = Field(
        default="none", description="`none`, `percent:0.1` or `per-share:0.005,min=1`, and others."
    )
    slippage_bps: Decimal = Field(
        default=Decimal(0), ge=0, description="By how much market and stop fills are worse."
    )
    slippage_ticks: int = Field(
        default=0, ge=0, description="The same in ticks of the price, on top."
    )
    spread_bps: Decimal = Field(
        default=Decimal(0), ge=0, description="Distance from bid to ask around the prices of bars."
    )
    participation: Decimal = Field(
        default=Decimal(0), ge=0, le=1, description="Share of a bar's volume that may fill; 0: all."
    )
    penetration_ticks: int = Field(
        default=0, ge=0, description="How far a bar must trade through a limit; 0: a touch fills."
    )
    exits: Literal["next-bar", "same-bar"] = Field(
        default="next-bar",
        description="When the exits of a bracket begin to work after the entry's fill.",
    )
    latency_ms: int = Field(default=0, ge=0, description="Time an order takes to the market.")
    borrow_bps: Decimal = Field(
        default=Decimal(0), ge=0, description="A year's fee on what is sold short."
    )
    financing_bps: Decimal = Field(
        default=Decimal(0), ge=0, description="A year's interest on cash that is borrowed."
    )
    max_leverage: Decimal = Field(
        default=Decimal(20), ge=1, description="Most leverage that an order may ask for."
    )
    actions_file: Path | None = Field(
        default=None, description="Splits and dividends, CSV: `symbol,date,action,value`."
    )


class Account(Section):
    """One account that is served."""

    id: str = Field(min_length=1, max_length=64, description="The account's id.")
    cash: Decimal = Field(default=Decimal(1_000_000), ge=0, description="Cash at the very start.")
    currency: str = Field(
        default="USD", pattern="^[A-Z]{3,5}$", description="Currency of its books."
    )
    leverage: Decimal = Field(
        default=Decimal(1), ge=1, description="Most notional per unit of equity."
    )
    position_mode: PositionMode = Field(
        default=PositionMode.NETTING, description="`NETTING` or `HEDGING`."
    )
    # Not in the repr, by which runs are named: which broker it is never changes a simulated fill.
    broker: str = Field(
        default=SIMULATOR,
        repr=False,
        description="The broker behind the account: the simulator, or a name in `brokers`.",
    )


class Feed(Section):
    """The synthetic market of the simulator's accounts, and how long any price lasts."""

    seed: int = Field(default=1, ge=0, description="The same seed gives the same prices.")
    quotes_per_second: float = Field(
        default=4.0, gt=0, le=1_000, description="Quotes a second of each symbol."
    )
    history_bars: int = Field(
        default=2_000,
        ge=0,
        le=1_000_000,
        description="One-minute bars that exist when the server starts.",
    )
    stale_after_s: float = Field(
        default=30.0,
        gt=0,
        description="A symbol of which nothing is heard for so long is told as STALE.",
    )
    expire_after_s: float = Field(
        default=60.0,
        gt=0,
        description="A price that its broker has not confirmed for so long is none any more.",
    )


class WebApi(Section):
    """How the IBKR Web API is served: its manner, and what it questions before it places orders."""

    manner: Literal["friendly", "strict"] = Field(
        default="friendly", description="`strict` has the habits and the limits of a real gateway."
    )
    price_percent_max: Decimal = Field(
        default=Decimal(3),
        ge=0,
        description="Percent from the market beyond which a limit is questioned (o163); 0: never.",
    )
    size_max: Decimal = Field(
        default=Decimal(500),
        ge=0,
        description="Shares beyond which an order is questioned (o383); 0: never.",
    )
    value_max: Decimal = Field(
        default=Decimal(100_000),
        ge=0,
        description="Value beyond which an order is questioned (o451); 0: never.",
    )
    prompt_timeout_s: float = Field(
        default=120.0, gt=0, description="How long a question can be answered, in market time."
    )
    faults: bool = Field(
        default=False,
        description="Whether an admin can have things go wrong, by `/webapi/faults`.",
    )
    penalty_s: float = Field(
        default=600.0,
        ge=0,
        description="How long `strict` shuts out whoever calls too often.",
    )


DEFAULT_ACCOUNTS = (Account(id="DU8730189"), Account(id="DUP203550"))


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter=DELIMITER, extra="forbid", frozen=True
    )

    server: Server = Server()
    listeners: Listeners = Listeners()
    limits: Limits = Limits()
    tape: Tape = Tape()
    simulator: Simulator = Simulator()
    feed: Feed = Feed()
    webapi: WebApi = WebApi()
    margin: Margin = Margin()
    brokers: dict[str, Broker] = Field(
        default={}, description="Brokers behind a line, by the names that accounts call them."
    )
    accounts: tuple[Account, ...] = Field(
        default=DEFAULT_ACCOUNTS,
        min_length=1,
        description="Accounts served, `[[accounts]]` in TOML.",
    )
    default_account: str = Field(
        default="", description="The account of calls that name none; the first unless said."
    )

    @property
    def account_id(self) -> str:
        """The account of calls that name none."""
        return self.default_account or self.accounts[0].id

    @field_validator("accounts")
    @classmethod
    def _have_ids_of_their_own(cls, accounts: tuple[Account, ...]) -> tuple[Account, ...]:
        ids = [account.id for account in accounts]
        for each in ids:
            if ids.count(each) > 1:
                raise ValueError(f"expected accounts of different ids, and {each} is there twice")
        return accounts

    @field_validator("brokers")
    @classmethod
    def _leave_the_simulator(cls, brokers: dict[str, Broker]) -> dict[str, Broker]:
        if SIMULATOR in brokers:
            raise ValueError(f"expected other names than {SIMULATOR}, which is there already")
        return brokers

    @field_validator("default_account")
    @classmethod
    def _is_served(cls, default: str, info: ValidationInfo) -> str:
        known = [account.id for account in info.data.get("accounts", ())]
        if default and known and default not in known:
            raise ValueError(f"expected one of {', '.join(known)}")
        return default

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing but what is passed in: `load` merges the sources in the documented order."""
        return (init_settings,)


def load(file: Path | None = None, overrides: dict[str, Any] | None = None) -> Settings:
    """The settings from defaults, `file`, the environment and `overrides`, each winning over those
    before it; raises SettingsError naming what can not be used, and where it was set.
    """
    return load_from(Sources(Settings, file, overrides))


def load_from(sources: Sources) -> Settings:
    """The settings by these sources; raises SettingsError."""
    try:
        settings = Settings(**sources.merged())
    except ValidationError as error:
        raise SettingsError(*faults(Settings, sources, error)) from None
    _check_brokers(settings, sources)
    return settings.model_copy(
        update={
            "server": _beside(settings.server, "server", "keys_file", sources),
            "listeners": _beside(settings.listeners, "listeners", "webapi_certificate", sources),
        }
    )


def _beside(section: S, name: str, field: str, sources: Sources) -> S:
    """The section with the path in ``field`` taken from where the settings file is, unless it was
    set elsewhere than there.
    """
    place = (name, field)
    if sources.file is None or (sources.sets(place) and not sources.is_from_file(place)):
        return section
    return section.model_copy(update={field: sources.file.parent / getattr(section, field)})


def _check_brokers(settings: Settings, sources: Sources) -> None:
    """Raise SettingsError for an account behind a broker that is not there."""
    known = (SIMULATOR, *settings.brokers)
    expected = known[0] if len(known) == 1 else f"one of {', '.join(known)}"
    for number, account in enumerate(settings.accounts):
        if account.broker not in known:
            origin = sources.origin(("accounts", number, "broker"))
            fault = f"accounts.{number}.broker is {account.broker!r}; expected {expected}"
            raise SettingsError(f"{origin}: {fault}" if origin else fault)


def file_or_default(file: Path | None) -> Path | None:
    """The file that a command should read: the one named, or `onetape.toml` where there is one."""
    return FILE if file is None and FILE.is_file() else file
