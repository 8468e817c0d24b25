"""Where the rows of a training come from: a data file, or the own book."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from creditapp.applications.catalogue import Catalogue
from training import dataset
from training.data_file import digest_of
from training.dataset import Dataset
from training.own_book import OwnBook


@dataclass(frozen=True)
class DataFile:
    """The rows of a file with a portfolio's columns."""

    remedy: ClassVar[str] = "give the same file with --data"
    params: ClassVar[Mapping[str, str]] = {}

    catalogue: Catalogue
    path: Path

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def place(self) -> str:
        """The path of the file."""
        return str(self.path)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of the file.

        Raises:
            BadTable: the file cannot be read.
        """
        return digest_of(self.path)

    def load(self) -> Dataset:
        """Read the file.

        Raises:
            BadTable: the rows cannot be used for training.
        """
        return dataset.load(self.catalogue, self.path)


Source = DataFile | OwnBook
"""Each has a name, a place to look at, a digest, what the registry keeps of it (`params`), and rows.

`remedy` says what to do if the rows are not those that a version was trained on.
"""
