"""The chain of intake's schema."""

from chassis import migrations
from services.intake.tables import Base

migrations.run_env(Base.metadata)
