"""Migrations of the database, by Alembic. `nesannot db upgrade` runs them."""
