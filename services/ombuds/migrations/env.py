"""The chain of the ombuds cell's schema."""

from chassis import migrations
from services.ombuds.tables import Base

migrations.run_env(Base.metadata)
