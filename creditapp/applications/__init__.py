"""What an application is: its fields, and how it is read and checked."""
