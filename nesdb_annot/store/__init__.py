"""The database: the only floor that knows SQL."""
