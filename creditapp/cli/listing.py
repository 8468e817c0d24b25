"""Keeps what the registry says after a command has changed it, so that pages show it at once."""

import json
import logging
from dataclasses import asdict

from creditapp.cli.registry import open_registry
from creditapp.exceptions import DatabaseUnavailable, RegistryUnavailable
from creditapp.serving import registry_listing

log = logging.getLogger(__name__)


def keep_listing(new_report_of: str | None = None) -> None:
    """Keep the registered versions for the pages; the command has succeeded even if this fails.

    `new_report_of` is a version whose report was made.
    """
    try:
        versions = [asdict(version) for version in open_registry().versions()]
        registry_listing.keep_versions(json.loads(json.dumps(versions, default=str)))
        if new_report_of:
            registry_listing.forget_documents(new_report_of)
    except (DatabaseUnavailable, RegistryUnavailable) as error:
        log.warning("the pages show what the registry said before: %s", error)
