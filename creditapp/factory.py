"""The application, put together."""

from typing import Any

from flask import Flask
from flask_babel import get_locale, gettext

from creditapp.challenger import shadow
from creditapp.cli import commands
from creditapp.database.engine import babel, cors, csrf, db, init_database, migrate, to_json
from creditapp.observability import logs, metrics, request_ids
from creditapp.serving import registry_listing
from creditapp.serving.cache import ModelCache
from creditapp.settings.paths import INSTANCE, ROOT
from creditapp.settings.safeguards import checked_settings
from creditapp.settings.settings import Settings
from creditapp.web import access, headers, rate_limits
from creditapp.web import errors as web_errors
from creditapp.web.api import docs
from creditapp.web.api import routes as api
from creditapp.web.pages import account, challenger, models, notice, policy
from creditapp.web.pages import routes as ui
from creditapp.web.phrasing import showable
from creditapp.web.proxies import TrustedProxies
from creditapp.web.sessions import SentSessions

SQLITE_ENGINE = {"connect_args": {"timeout": 5}}
SECONDS_FOR_A_CONNECTION = 3
WATCHERS = 3
"""Threads of a worker that look at the database now and then: for deployments, challengers, drift."""

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def create_app(settings: Settings | None = None) -> Flask:
    """An application with these settings, or with those of the environment.

    Raises:
        InvalidSetting: the environment holds a setting that cannot be used.
    """
    settings = settings or checked_settings()
    app = Flask(
        "creditapp",
        static_folder=ROOT / "static",
        template_folder=ROOT / "templates",
        instance_path=str(INSTANCE),
    )
    app.config.from_mapping(_flask_config(settings))
    app.session_interface = SentSessions()
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["model_cache"] = ModelCache()
    shadow.init_app(app)
    app.wsgi_app = TrustedProxies(  # type: ignore[method-assign]
        metrics.KnownMethods(app.wsgi_app), settings.proxies
    )
    request_ids.init_app(app)
    logs.init_app(app)
    metrics.requests.init_app(app)
    init_database(app, settings.sqlite_synchronous)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    access.init_app(app)
    csrf.init_app(app)
    babel.init_app(app)
    app.jinja_env.finalize = showable
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.filters["translate"] = gettext
    if settings.cors_origins:
        cors.init_app(app, resources={r"/api/*": {"origins": settings.cors_origins}})
    rate_limits.init_app(app, settings)
    registry_listing.init_app(app)
    headers.init_app(app)
    web_errors.init_app(app)
    for blueprint in (
        api.blueprint,
        ui.blueprint,
        models.blueprint,
        challenger.blueprint,
        policy.blueprint,
        notice.blueprint,
        account.blueprint,
        metrics.blueprint,
    ):
        app.register_blueprint(blueprint)
    csrf.exempt(api.blueprint)
    docs.init_app(app)
    commands.init_app(app)
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    sqlite = settings.database_address.startswith("sqlite")
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_address,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "hide_parameters": True,
            "json_serializer": to_json,
            **(SQLITE_ENGINE if sqlite else _network_engine(settings)),
        },
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        "TRUSTED_HOSTS": list(settings.trusted_hosts or LOCAL_HOSTS),
        "SESSION_COOKIE_NAME": "__Host-creditapp" if settings.production else "creditapp",
        "SESSION_COOKIE_SECURE": settings.production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
    }


def _network_engine(settings: Settings) -> dict[str, Any]:
    """A connection for each thread and for the three that watch; one that is dead is noticed within seconds.

    The parameters are libpq's: https://www.postgresql.org/docs/current/libpq-connect.html
    """
    return {
        "pool_pre_ping": True,
        "pool_size": settings.threads + WATCHERS,
        "max_overflow": 0,
        "pool_timeout": SECONDS_FOR_A_CONNECTION,
        "connect_args": {
            "connect_timeout": SECONDS_FOR_A_CONNECTION,
            "tcp_user_timeout": SECONDS_FOR_A_CONNECTION * 1000,
            "keepalives_idle": SECONDS_FOR_A_CONNECTION,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "application_name": "creditapp",
        },
    }
