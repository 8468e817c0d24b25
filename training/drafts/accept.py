"""Accepts a draft as it is: takes the review marks out of a `datapackage.yaml`, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from creditapp.exceptions import BadTable

OURS = "creditapp"
MARK = "review"


@dataclass(frozen=True)
class _Entry:
    """A key with its value in a mapping, and the entries beside it."""

    mapping: MappingNode
    place: int

    @property
    def begin(self) -> int:
        return int(self.mapping.value[self.place][0].start_mark.index)

    @property
    def end(self) -> int:
        return _end(self.mapping.value[self.place][1])


def accept_draft(text: str) -> str:
    """The text without the `review` of each field; comments and everything else stay as they are.

    Raises:
        BadTable: the text is no YAML.
    """
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BadTable(f"the document is not readable as YAML: {error}") from error
    for entry in sorted(_marks(document), key=lambda one: one.begin, reverse=True):
        text = _without(text, entry)
    return text


def _marks(document: Node | None) -> Iterator[_Entry]:
    """The entries to remove: a mark, or the whole `creditapp` of a field that holds nothing else."""
    for resource in _items(_value(document, "resources")):
        for field in _items(_value(_value(resource, "schema"), "fields")):
            ours = _value(field, OURS)
            entry = _entry(ours, MARK)
            if entry is not None and len(entry.mapping.value) == 1:
                entry = _entry(field, OURS)
            if entry is not None:
                yield entry


def _entry(node: Node | None, key: str) -> _Entry | None:
    if isinstance(node, MappingNode):
        for place, (name, _) in enumerate(node.value):
            if isinstance(name, ScalarNode) and name.value == key:
                return _Entry(node, place)
    return None


def _value(node: Node | None, key: str) -> Node | None:
    entry = _entry(node, key)
    return entry.mapping.value[entry.place][1] if entry else None


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _end(node: Node) -> int:
    """Where a value ends; PyYAML lets a block end only where the next thing begins."""
    if isinstance(node, ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, MappingNode) else last)


def _without(text: str, entry: _Entry) -> str:
    if entry.mapping.flow_style:
        return _without_in_flow(text, entry)
    return _without_in_block(text, entry)


def _without_in_flow(text: str, entry: _Entry) -> str:
    """Also take the comma: the one after it, or before it for the last entry."""
    if entry.place + 1 < len(entry.mapping.value):
        return text[: entry.begin] + text[_Entry(entry.mapping, entry.place + 1).begin :]
    begin = _Entry(entry.mapping, entry.place - 1).end if entry.place else entry.begin
    return text[:begin] + text[entry.end :]


def _without_in_block(text: str, entry: _Entry) -> str:
    """Take whole lines, but leave a comment that stands behind the value."""
    line = text.rfind("\n", 0, entry.begin) + 1
    before = text[line : entry.begin]
    if before.strip():
        # why: the dash of a list stands before the entry, and belongs to the next one then.
        return text[: entry.begin] + text[_Entry(entry.mapping, entry.place + 1).begin :]
    if "\n" in text[entry.end - 1 : entry.end]:
        return text[:line] + text[entry.end :]
    stop = text.find("\n", entry.end)
    stop = len(text) if stop < 0 else stop + 1
    rest = text[entry.end : stop].strip()
    kept = f"{' ' * len(before)}{rest}\n" if rest.startswith("#") else ""
    return text[:line] + kept + text[stop:]
