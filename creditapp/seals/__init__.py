"""The seals of the record: blocks of hashed rows, chained and signed, and their verification."""
