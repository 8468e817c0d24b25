"""Opens the model registry for commands: MLflow is loaded here, when a command needs it."""

from typing import TYPE_CHECKING

from creditapp.settings.current import current_settings

if TYPE_CHECKING:
    from creditapp.serving.registry import Registry


def open_registry() -> "Registry":
    """The registry at the tracking address of the settings.

    Raises:
        RegistryUnavailable: it does not answer.
    """
    from creditapp.serving.registry import Registry

    return Registry(current_settings().tracking_uri)
