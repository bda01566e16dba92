"""The chain of the ethics office's schema."""

from chassis import migrations
from services.ethics.tables import Base

migrations.run_env(Base.metadata)
