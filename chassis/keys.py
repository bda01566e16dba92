"""The private keys of one service, as files that only it may read, and the public signing keys of all.

`python -m chassis.keys <service> <folder>` makes what is missing and prints the public signing key in base64.
"""

import argparse
import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.sealing import KEY_BYTES, SEED_BYTES, DeskPrivateKey

OFFICES: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": ("custodian",),
    "ombuds": ("ombuds", "ombuds_outside"),
    "support": ("support",),
    "workflow": ("oio", "leg", "measures", "supervisors", "committee", "data_protection"),
    "ethics": ("ethics", "ethics_outside"),
    "hr_bridge": ("hr",),
    "notifications": ("delivery",),
    "audit": (),
}
"""The offices whose desk keys a service holds."""

# What each service holds beside its offices' keys: intake also the secret that access codes come from, and the pepper.
_SECRETS: Final = {"signing": KEY_BYTES, "cell": KEY_BYTES, "codec": KEY_BYTES}
_INTAKE_SECRETS: Final = {"code": KEY_BYTES, "pepper": KEY_BYTES}


class KeyFileUnusable(Exception):
    """A key file is missing or damaged; the message names it."""


class _Settings(Protocol):
    @property
    def service_keys(self) -> Path: ...


@dataclass(frozen=True)
class ServiceKeys:
    """`signing` signs events and service tokens, `cell` makes tags, `codec` seals Temporal payloads."""

    signing: Ed25519PrivateKey
    cell: bytes = field(repr=False)
    codec: bytes = field(repr=False)
    desks: Mapping[str, DeskPrivateKey]
    secrets: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> "ServiceKeys":
        """Raises KeyFileUnusable."""
        secrets_there = {name: length for name, length in _INTAKE_SECRETS.items() if (folder / f"{name}.key").exists()}
        return cls(
            signing=Ed25519PrivateKey.from_private_bytes(_read(folder / "signing.key", KEY_BYTES)),
            cell=_read(folder / "cell.key", KEY_BYTES),
            codec=_read(folder / "codec.key", KEY_BYTES),
            desks={
                path.stem.removeprefix("desk-"): DeskPrivateKey.from_seed(_read(path, SEED_BYTES))
                for path in sorted(folder.glob("desk-*.key"))
            },
            secrets={name: _read(folder / f"{name}.key", length) for name, length in secrets_there.items()},
        )

    def desk(self, office: str) -> DeskPrivateKey:
        """Raises KeyFileUnusable when this service does not hold that office's key."""
        if office not in self.desks:
            raise KeyFileUnusable(f"desk-{office}.key is missing. Make it with `python -m chassis.keys`.")
        return self.desks[office]

    def secret(self, name: str) -> bytes:
        """Intake's `code` or `pepper`. Raises KeyFileUnusable for a service that has none."""
        if name not in self.secrets:
            raise KeyFileUnusable(f"{name}.key is missing. Make it with `python -m chassis.keys`.")
        return self.secrets[name]


def public_keys(settings: _Settings) -> Mapping[str, Ed25519PublicKey]:
    """Every service's public signing key. Raises KeyFileUnusable."""
    try:
        table = json.loads(settings.service_keys.read_bytes())
        return {
            service: Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
            for service, text in table.items()
        }
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise KeyFileUnusable(
            f"{settings.service_keys} does not list the public signing keys of the services "
            f"as JSON of names and base64 ({type(error).__name__})."
        ) from None


def create(service: str, folder: Path) -> str:
    """Make the missing key files of a service; those that exist stay. The public signing key, in base64.

    Raises KeyError for an unknown service, KeyFileUnusable for a damaged file.
    """
    offices = OFFICES[service]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lengths = {
        **_SECRETS,
        **(_INTAKE_SECRETS if service == "intake" else {}),
        **{f"desk-{office}": SEED_BYTES for office in offices},
    }
    for name, length in lengths.items():
        _create_file(folder / f"{name}.key", length)
    public = ServiceKeys.load(folder).signing.public_key()
    return base64.b64encode(public.public_bytes_raw()).decode()


def _create_file(path: Path, length: int) -> None:
    if path.exists():
        return
    # Written aside and then linked: a run that is cut off leaves no half key, and of two runs one wins.
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(length))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(aside)
        except FileExistsError:
            return
    finally:
        aside.unlink()


def _read(path: Path, length: int) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeyFileUnusable(
            f"{path} cannot be read ({error.strerror}). Make it with `python -m chassis.keys`."
        ) from None
    if len(data) != length:
        raise KeyFileUnusable(
            f"{path} is not {length} bytes long: it is damaged or no key. Restore it from its backup."
        )
    return data


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m chassis.keys", description=__doc__)
    parser.add_argument("service", choices=sorted(OFFICES))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    try:
        public = create(arguments.service, arguments.folder)
    except (KeyFileUnusable, OSError) as error:
        sys.exit(str(error))
    sys.stdout.write(public + "\n")


if __name__ == "__main__":
    main()
