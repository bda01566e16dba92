"""The chain of the HR bridge's schema."""

from chassis import migrations
from services.hr_bridge.tables import Base

migrations.run_env(Base.metadata)
