"""The fields of an application, and how it is read and checked."""
