"""The Merkle tree of RFC 9162, section 2.1, against its definition and known values."""

import runpy
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.seals import merkle
from creditapp.settings.paths import ROOT

# Computed by hand from the definition: the tree over no entry, over one empty entry, and over two.
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ONE_EMPTY = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"

root_of = runpy.run_path(str(ROOT / "ops" / "check-proof.py"))["root_of"]
"""How somebody else follows a path."""

CONTENTS = st.lists(st.binary(max_size=8), max_size=40)


def defined_root(contents: list[bytes]) -> bytes:
    """The root by the recursion that defines it: the left part is the largest smaller power of two."""
    if not contents:
        return sha256(b"").digest()
    if len(contents) == 1:
        return sha256(b"\x00" + contents[0]).digest()
    half = 1
    while half * 2 < len(contents):
        half *= 2
    left, right = defined_root(contents[:half]), defined_root(contents[half:])
    return sha256(b"\x01" + left + right).digest()


def leaves_of(contents: list[bytes]) -> list[bytes]:
    """The leaf hashes of entries."""
    return [merkle.leaf_hash(one) for one in contents]


def test_known_roots() -> None:
    """Of the empty tree, and of a tree with one empty entry."""
    assert merkle.root([]).hex() == EMPTY
    assert merkle.root(leaves_of([b""])).hex() == ONE_EMPTY


@given(CONTENTS)
def test_the_root_is_the_defined_one(contents: list[bytes]) -> None:
    """For any number of entries."""
    assert merkle.root(leaves_of(contents)) == defined_root(contents)


@pytest.mark.parametrize("index", [-1, 6, 7])
def test_a_place_outside_of_the_tree_proves_nothing(index: int) -> None:
    """Also where all leaves are the same, so that another place has the same path."""
    leaves = leaves_of([b""] * 6)
    path = merkle.inclusion_path(leaves, 4)
    assert root_of(leaves[4], 4, 6, [*path]) == merkle.root(leaves)
    assert root_of(leaves[4], index, 6, [*path]) != merkle.root(leaves)


@given(CONTENTS.filter(bool), st.data())
def test_a_path_proves_its_leaf_and_nothing_else(
    contents: list[bytes], data: st.DataObject
) -> None:
    """A flipped bit of the leaf or the path, another place, or another length proves nothing."""
    leaves = leaves_of(contents)
    index = data.draw(st.integers(0, len(leaves) - 1))
    leaf, path, root = leaves[index], merkle.inclusion_path(leaves, index), merkle.root(leaves)
    assert root_of(leaf, index, len(leaves), [*path]) == root
    assert root_of(flipped(leaf, data), index, len(leaves), [*path]) != root
    assert root_of(leaf, index, len(leaves), [*path, root]) != root
    assert root_of(leaf, len(leaves), len(leaves), [*path]) != root
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        wrong = [flipped(one, data) if n == place else one for n, one in enumerate(path)]
        assert root_of(leaf, index, len(leaves), wrong) != root
        assert root_of(leaf, index, len(leaves), path[:-1]) != root


def test_a_leaf_that_is_not_there_has_no_path() -> None:
    """Also not a negative one."""
    for index in (-1, 1):
        with pytest.raises(IndexError):
            merkle.inclusion_path(leaves_of([b"a"]), index)


def flipped(value: bytes, data: st.DataObject) -> bytes:
    """The value with one bit changed."""
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
