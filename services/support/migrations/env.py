"""The chain of the support cell's schema."""

from chassis import migrations
from services.support.tables import Base

migrations.run_env(Base.metadata)
