"""The settings of the application at hand."""

from flask import current_app

from creditapp.settings.settings import Settings


def current_settings() -> Settings:
    """The settings that the current application was created with."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings
