"""Opens the model registry for commands: MLflow is loaded here, when a command needs it."""

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from creditapp.serving.registry import Registry


def open_registry() -> "Registry":
    """The registry at the tracking address of the settings.

    Raises:
        RegistryUnavailable: it does not answer.
    """
    from creditapp.serving.registry import Registry

    return Registry(current_app.config["SETTINGS"].tracking_uri)
