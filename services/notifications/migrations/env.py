"""The chain of notifications' schema."""

from chassis import migrations
from services.notifications.tables import Base

migrations.run_env(Base.metadata)
