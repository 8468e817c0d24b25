"""Who acts in tests."""

from creditapp.identity.actors import Actor

A_TEST = Actor("a test", "request")
