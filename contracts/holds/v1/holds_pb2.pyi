import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HoldAsked(_message.Message):
    __slots__ = ("hold_id", "kind", "sealed_person", "until_at")
    HOLD_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEALED_PERSON_FIELD_NUMBER: _ClassVar[int]
    UNTIL_AT_FIELD_NUMBER: _ClassVar[int]
    hold_id: str
    kind: str
    sealed_person: bytes
    until_at: _timestamp_pb2.Timestamp
    def __init__(self, hold_id: _Optional[str] = ..., kind: _Optional[str] = ..., sealed_person: _Optional[bytes] = ..., until_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class HoldReleased(_message.Message):
    __slots__ = ("hold_id",)
    HOLD_ID_FIELD_NUMBER: _ClassVar[int]
    hold_id: str
    def __init__(self, hold_id: _Optional[str] = ...) -> None: ...

class HoldAnswered(_message.Message):
    __slots__ = ("hold_id", "kept", "answered_at")
    HOLD_ID_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_FIELD_NUMBER: _ClassVar[int]
    hold_id: str
    kept: bool
    answered_at: _timestamp_pb2.Timestamp
    def __init__(self, hold_id: _Optional[str] = ..., kept: _Optional[bool] = ..., answered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
