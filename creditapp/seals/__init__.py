"""The seals of the record: blocks of hashed rows, chained and signed, and what compares them with the rows."""
