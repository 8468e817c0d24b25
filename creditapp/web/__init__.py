"""The HTTP side: the API, the pages, and who may use which route."""
