"""The chain of audit's schema."""

from chassis import migrations
from services.audit.tables import Base

migrations.run_env(Base.metadata)
