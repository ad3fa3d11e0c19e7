"""Every setting of the program, from the environment (prefix ``ISSUES_``) or a ``.env`` file."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class CannotStart(Exception):
    """The program cannot run here; the message is one line for the operator."""


class Settings(BaseSettings):
    """See the configuration table in the README; an empty value means the default."""

    model_config = SettingsConfigDict(
        env_prefix="ISSUES_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Field(default=Path("data"), description="Everything written at run time.")
    api_url: str = Field(
        default="",
        pattern="^(https?://[^/].*)?$",
        description="A remote API instead of the embedded one.",
    )
    api_token: SecretStr = Field(default=SecretStr(""), description="Visitors' token for api_url.")
    api_shares_key: bool = Field(
        default=False, description="api_url is of this installation: it has the same secret key."
    )
    org: str = Field(
        default="default", pattern=r"^[\w-]{1,100}$", description="Slug of the organisation."
    )
    database_url: SecretStr = Field(default=SecretStr(""), description="Default: SQLite.")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Newest first, commas between. Default: made."
    )
    sign_in_hours: float | None = Field(
        default=None, gt=0, description="When people sign in anew. Default: 7 days, by OIDC 12 h."
    )
    role_claim: str = Field(default="", description="Claim or header key with groups or roles.")
    reviewers: str = Field(
        default="", description="Addresses, @domains and values of role_claim that review."
    )
    trust_unverified_email: bool = Field(
        default=False, description="Believe an OIDC address without email_verified."
    )
    members: str = Field(default="", description="The same of those who report. Default: all.")
    rate_limits: str = Field(default="memory", description="memory, off, or the URL of a Redis.")
    limit_create: str = Field(default="600/minute", description="Reports by one person or token.")
    limit_create_visitor: str = Field(default="30/minute", description="Reports by one visitor.")
    limit_sign_in: str = Field(
        default="5/15 minutes", description="Wrong passwords for one name from one address."
    )
    limit_receipt: str = Field(default="30/minute", description="Look-ups by one caller.")
    max_sessions: int = Field(default=2_000, ge=1, description="Sessions of one portal process.")
    max_sessions_of_one: int = Field(default=50, ge=1, description="Sessions of one address.")
    embed_in: str = Field(
        default="",
        pattern=r"^(https?://[^\s/;,]+( https?://[^\s/;,]+)*)?$",
        description="Sites that may show the portal in a frame, with spaces between.",
    )
    thread_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Where a thread is seen, with {thread}, {interaction} and {project} in it.",
    )
    demo: bool = Field(default=False, description="Fill an empty database with sample issues.")
    log: Literal["text", "json"] = Field(default="text", description="How log lines look.")
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="Who may read the metrics from another machine."
    )
    drain_seconds: float = Field(
        default=0, ge=0, le=3600, description="From not being ready to stopping."
    )
    sentry_dsn: SecretStr = Field(default=SecretStr(""), description="Where errors are sent.")
    otlp_endpoint: str = Field(
        default="",
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Where traces are sent.",
    )

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / 'issues.db'}"


@cache
def get_settings() -> Settings:
    """The settings of this process, read once; raises `CannotStart` naming what makes no sense."""
    try:
        return Settings()
    except ValidationError as error:
        reasons = {
            f"ISSUES_{'_'.join(map(str, item['loc'])).upper()}": item["msg"]
            for item in error.errors()
        }
        raise CannotStart("; ".join(f"{name}: {why}" for name, why in reasons.items())) from error
