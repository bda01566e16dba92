"""The chain of workflow's schema."""

from chassis import migrations
from services.workflow.tables import Base

migrations.run_env(Base.metadata)
