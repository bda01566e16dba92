"""The chain of every service's schema in the key store: the same tables everywhere."""

from chassis import keystore, migrations

migrations.run_env(keystore.metadata)
