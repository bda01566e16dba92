import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditEntry(_message.Message):
    __slots__ = ("source", "shard", "number", "previous_hash", "hash", "entry_json", "actor", "salt")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HASH_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    ENTRY_JSON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    source: str
    shard: int
    number: int
    previous_hash: bytes
    hash: bytes
    entry_json: bytes
    actor: str
    salt: bytes
    def __init__(self, source: _Optional[str] = ..., shard: _Optional[int] = ..., number: _Optional[int] = ..., previous_hash: _Optional[bytes] = ..., hash: _Optional[bytes] = ..., entry_json: _Optional[bytes] = ..., actor: _Optional[str] = ..., salt: _Optional[bytes] = ...) -> None: ...

class AuditHead(_message.Message):
    __slots__ = ("source", "shard", "number", "hash")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    source: str
    shard: int
    number: int
    hash: bytes
    def __init__(self, source: _Optional[str] = ..., shard: _Optional[int] = ..., number: _Optional[int] = ..., hash: _Optional[bytes] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("source", "at", "heads")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    source: str
    at: _timestamp_pb2.Timestamp
    heads: _containers.RepeatedCompositeFieldContainer[AuditHead]
    def __init__(self, source: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., heads: _Optional[_Iterable[_Union[AuditHead, _Mapping]]] = ...) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = ("log", "size", "head_hash", "at", "signature")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    log: str
    size: int
    head_hash: bytes
    at: _timestamp_pb2.Timestamp
    signature: bytes
    def __init__(self, log: _Optional[str] = ..., size: _Optional[int] = ..., head_hash: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., signature: _Optional[bytes] = ...) -> None: ...
