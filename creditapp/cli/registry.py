"""The registry for commands: MLflow is loaded here, and only when a command needs it."""

from typing import TYPE_CHECKING

from flask import current_app

from creditapp.settings.settings import Settings

if TYPE_CHECKING:
    from creditapp.serving.registry import Registry


def registry() -> "Registry":
    """The registry at the address of the settings.

    Raises:
        RegistryUnavailable: it does not answer.
    """
    from creditapp.serving.registry import Registry

    settings: Settings = current_app.config["SETTINGS"]
    return Registry(settings.tracking_uri)


def model_name() -> str:
    """The name under which models are registered."""
    from creditapp.serving.registry import MODEL_NAME

    return MODEL_NAME
