"""The fields of an application, and how applications are read and checked."""
