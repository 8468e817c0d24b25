"""Runs the migrations on the application's own engine, each whole in one transaction or not at all."""

from alembic import context
from flask import current_app

from creditapp.extensions import db

with db.engine.connect() as connection, connection.begin():
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        transactional_ddl=True,
        **current_app.extensions["migrate"].configure_args,
    )
    context.run_migrations()
