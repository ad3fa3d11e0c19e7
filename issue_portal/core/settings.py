"""All settings, from the environment (prefix ``ISSUES_``) or a ``.env`` file."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_LANGUAGE = "en"
"""Language of the sample issues if ``ISSUES_DEMO`` is 1."""

_DEMO_SWITCHES = dict.fromkeys(("1", "true", "on", "yes"), DEMO_LANGUAGE) | dict.fromkeys(
    ("0", "false", "off", "no"), ""
)


class FatalError(Exception):
    """The program cannot run. The message is one line for the operator."""


class Settings(BaseSettings):
    """The settings, in the order of `.env.example`. An empty value means the default."""

    model_config = SettingsConfigDict(
        env_prefix="ISSUES_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Field(
        default=Path("data"), description="Directory for everything written at run time."
    )
    api_url: str = Field(
        default="",
        pattern="^(https?://[^/].*)?$",
        description="URL of a remote Issues API to use instead of the embedded one.",
    )
    api_token: SecretStr = Field(
        default=SecretStr(""),
        description="Token with which people who are not signed in use the remote API.",
    )
    api_shares_key: bool = Field(
        default=False,
        description="1: the remote API has the same secret key, so no tokens are needed.",
    )
    # The length is not in the pattern: pydantic would take 25 ms to compile it.
    org: str = Field(
        default="default",
        pattern=r"^[\w-]+$",
        max_length=100,
        description="Slug of the organisation.",
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="postgresql:// URL of the database. Default: SQLite in the data directory.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key that signs and hashes, at least 32 random characters. Separate several"
        " with commas, newest first. Default: generated at the first start.",
    )
    sign_in_hours: float | None = Field(
        default=None,
        gt=0,
        description="Hours until people sign in again. Default: 168; 12 with OIDC or a proxy.",
    )
    role_claim: str = Field(
        default="", description="OIDC or proxy: the claim that lists groups or roles."
    )
    reviewers: str = Field(
        default="",
        description="OIDC or proxy: users who get the reviewer role, as addresses, @domains or"
        " values of the role claim, separated by commas.",
    )
    trust_unverified_email: bool = Field(
        default=False, description="1: accept an OIDC address without the claim email_verified."
    )
    members: str = Field(
        default="",
        description="OIDC or proxy: other users who may sign in, in the same form as reviewers."
        " Default: all.",
    )
    rate_limits: str = Field(
        default="memory",
        description="Where rate limits are counted: memory, off, or a redis:// URL.",
    )
    limit_create: str = Field(
        default="600/minute",
        description="Limit of reports per signed-in person, and for all API tokens of a user.",
    )
    limit_create_visitor: str = Field(
        default="30/minute", description="Limit of reports per visitor address."
    )
    limit_sign_in: str = Field(
        default="5/15 minutes",
        description="Limit of wrong passwords per name and address.",
    )
    limit_receipt: str = Field(
        default="30/minute", description="Limit of receipt look-ups per caller."
    )
    limit_calls: str = Field(
        default="1200/minute",
        description="Limit of reads and changes for all API tokens of a user.",
    )
    max_sessions: int = Field(
        default=2_000, ge=1, description="Browser tabs that one portal process serves at once."
    )
    max_sessions_of_one: int = Field(
        default=50, ge=1, description="Browser tabs per address at once."
    )
    embed_in: str = Field(
        default="",
        pattern=r"^(https?://[^\s/;,]+( https?://[^\s/;,]+)*)?$",
        description="Sites that may show the portal in a frame, separated by spaces.",
    )
    cors_origins: str = Field(
        default="",
        # Browsers send origins in lower case and without a path. Others would never match.
        pattern=r"^(\*|https?://[a-z0-9.:\[\]-]+( https?://[a-z0-9.:\[\]-]+)*)?$",
        description="Origins of web pages that may call the API from the browser, separated by"
        " spaces, or * for all.",
    )
    poll_seconds: float = Field(
        default=10,
        ge=1,
        le=3600,
        description="Seconds between two checks of an open page for changes by others.",
    )
    thread_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="URL of a thread, with {thread}, {interaction} and {project} to fill in.",
    )
    privacy_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="URL of your privacy notice, for the footer.",
    )
    contact: str = Field(
        default="",
        pattern=r"^(https?://\S+|[^@\s:]+@[^@\s:]+)?$",
        description="Email address or URL of the people who help, for the footer.",
    )
    demo: str = Field(
        default="",
        description="Fill an empty database with sample issues: 1 for English, or a language such"
        " as es.",
    )
    log: Literal["text", "json"] = Field(default="text", description="Log format: text or json.")
    commit: str = Field(
        default="", max_length=100, description="Commit of the code, for /api/health to show."
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token for /api/metrics. Default: only localhost may read it.",
    )
    drain_seconds: float = Field(
        default=0,
        ge=0,
        le=3600,
        description="Seconds from SIGTERM to the stop. During this time, /api/ready fails.",
    )
    sentry_dsn: SecretStr = Field(
        default=SecretStr(""), description="DSN of the Sentry project that receives errors."
    )
    otlp_endpoint: str = Field(
        default="",
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="URL of the OpenTelemetry collector that receives traces.",
    )

    @field_validator("demo", mode="before")
    @classmethod
    def _parse_demo(cls, value: object) -> object:
        """Return the language of the sample issues, or "" if they are switched off."""
        return _DEMO_SWITCHES.get(str(value).lower(), value)

    @property
    def chosen_org(self) -> str | None:
        """The organisation if it was set, else None: remote servers do not know our default."""
        return self.org if "org" in self.model_fields_set else None

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / 'issues.db'}"


@cache
def get_settings() -> Settings:
    """Return the settings of this process; raise `FatalError` if any is invalid."""
    try:
        return Settings()
    except ValidationError as error:
        reasons = {
            f"ISSUES_{'_'.join(map(str, item['loc'])).upper()}": item["msg"]
            for item in error.errors()
        }
        raise FatalError("; ".join(f"{name}: {text}" for name, text in reasons.items())) from error
