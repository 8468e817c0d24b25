"""The application, put together: the table of contents of the code."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_babel import Babel, get_locale
from flask_cors import CORS
from flask_wtf import CSRFProtect

from creditapp.challenger import shadow
from creditapp.cli import commands
from creditapp.database import engine
from creditapp.observability import metrics
from creditapp.serving import cache as model_cache
from creditapp.serving import registry_listing
from creditapp.settings.paths import INSTANCE, ROOT
from creditapp.settings.safeguards import checked_settings
from creditapp.settings.settings import Settings
from creditapp.web import (
    access,
    confirmation,
    each_request,
    errors,
    large_files,
    natural_addresses,
    navigation,
    once,
    preferences,
    prefix,
    provider,
    rate_limits,
    writing,
)
from creditapp.web.api import docs
from creditapp.web.api import metrics as metrics_route
from creditapp.web.api import routes as api
from creditapp.web.html import replace_forbidden
from creditapp.web.pages import (
    account,
    challenger,
    codebook,
    decision_exports,
    decisions,
    design,
    drift,
    earlier,
    file,
    files,
    home,
    keys,
    models,
    notice,
    outcomes,
    own_account,
    people,
    performance,
    policy,
    proposals,
    queue,
    review,
    reviewers,
    saved_views,
    scoring,
    second_factor,
    single_sign_on,
)
from creditapp.web.pages import (
    preferences as preferences_page,
)
from creditapp.web.phrasing import phrase
from creditapp.web.proxies import TrustedProxies

SQLITE_ENGINE = {"connect_args": {"timeout": 5}}
CONNECTION_SECONDS = 3
CONNECTIONS_BESIDE = 5
"""Two that are kept, for news and decisions, and one for each thread: news, challengers, what is watched."""

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
PAGES = (
    scoring,
    earlier,
    home,
    decisions,
    queue,
    review,
    saved_views,
    decision_exports,
    outcomes,
    notice,
    codebook,
    performance,
    drift,
    files,
    file,
    models,
    policy,
    challenger,
    reviewers,
    account,
    own_account,
    people,
    keys,
    second_factor,
    proposals,
    single_sign_on,
    preferences_page,
    design,
)


class Application(Flask):
    """Flask without coroutines: it would look for them in each function that it calls."""

    request_class = large_files.RequestWithFile

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: none of ours is a coroutine."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """Create an application with these settings, or with those of the environment.

    Raises:
        InvalidSetting: the environment holds a setting that the service cannot start with.
    """
    settings = settings or checked_settings()
    app = Application(
        "creditapp",
        static_folder=ROOT / "static",
        template_folder=ROOT / "templates",
        instance_path=str(INSTANCE),
    )
    app.config.from_mapping(_flask_config(settings))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    _add_middleware(app, settings)
    _add_services(app, settings)
    _add_templates(app)
    _add_routes(app, settings)
    commands.init_app(app)
    return app


def _add_middleware(app: Flask, settings: Settings) -> None:
    """What sees each request first; the order matters."""
    app.wsgi_app = metrics.BusyThreads(metrics.KnownMethods(app.wsgi_app))  # type: ignore[method-assign]
    prefix.init_app(app, settings.prefix)
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.proxies)  # type: ignore[method-assign]
    # why: it measures what comes after it, and so also the answers of whoever is refused.
    metrics.requests.init_app(app)
    each_request.init_app(app, settings.trusted_hosts or LOCAL_HOSTS, files.refuse)


def _add_services(app: Flask, settings: Settings) -> None:
    engine.init_app(app, settings.sqlite_synchronous)
    model_cache.init_app(app)
    registry_listing.init_app(app)
    shadow.init_app(app)


def _add_templates(app: Flask) -> None:
    Babel(app, locale_selector=preferences.select_language)
    preferences.init_app(app)
    navigation.init_app(app)
    app.jinja_env.finalize = replace_forbidden
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.filters["translate"] = phrase
    writing.init_app(app)


def _add_routes(app: Flask, settings: Settings) -> None:
    access.init_app(app)
    confirmation.init_app(app)
    provider.init_app(app, settings)
    csrf = CSRFProtect(app)
    if settings.cors_origins:
        CORS(app, resources={r"/api/*": {"origins": settings.cors_origins}})
    rate_limits.init_app(app, settings)
    once.init_app(app)
    errors.init_app(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(metrics_route.blueprint)
    natural_addresses.init_app(app)
    csrf.exempt(api.blueprint)
    docs.init_app(app)


def _flask_config(settings: Settings) -> dict[str, Any]:
    sqlite = settings.database_address.startswith("sqlite")
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "SQLALCHEMY_DATABASE_URI": settings.database_address,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "hide_parameters": True,
            "json_serializer": engine.to_json,
            "json_deserializer": engine.from_json,
            **(SQLITE_ENGINE if sqlite else _network_engine(settings)),
        },
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        "SESSION_COOKIE_NAME": "__Host-creditapp" if settings.production else "creditapp",
        "SESSION_COOKIE_SECURE": settings.production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
    }


def _network_engine(settings: Settings) -> dict[str, Any]:
    """One connection for each thread, and those beside the requests; a dead one is noticed within seconds.

    The parameters are libpq's: https://www.postgresql.org/docs/current/libpq-connect.html
    """
    return {
        "pool_pre_ping": True,
        "pool_size": settings.threads + CONNECTIONS_BESIDE,
        "max_overflow": 0,
        "pool_timeout": CONNECTION_SECONDS,
        "connect_args": {
            "connect_timeout": CONNECTION_SECONDS,
            "tcp_user_timeout": CONNECTION_SECONDS * 1000,
            "keepalives_idle": CONNECTION_SECONDS,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "application_name": "creditapp",
        },
    }
