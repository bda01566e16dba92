"""What a checkpoint of the audit record promises, and the signature on it."""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.audit.v1.audit_pb2 import Checkpoint

_LABEL: Final = b"recourse checkpoint v1"


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> None:
    """Puts the signature into the checkpoint."""
    checkpoint.signature = private.sign(_signed_bytes(checkpoint))


def verify(checkpoint: Checkpoint, public: Ed25519PublicKey) -> bool:
    """Whether the holder of the private half said that the log had this size and head at this time."""
    try:
        public.verify(checkpoint.signature, _signed_bytes(checkpoint))
    except InvalidSignature:
        return False
    return True


def _signed_bytes(checkpoint: Checkpoint) -> bytes:
    fields = (
        checkpoint.log.encode(),
        str(checkpoint.size).encode(),
        checkpoint.head_hash,
        f"{checkpoint.at.seconds}.{checkpoint.at.nanos}".encode(),
    )
    return _LABEL + b"".join(len(field).to_bytes(8, "big") + field for field in fields)
