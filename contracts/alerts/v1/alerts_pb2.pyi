import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DangerRaised(_message.Message):
    __slots__ = ("danger_id", "needed", "sealed_danger", "raised_at")
    DANGER_ID_FIELD_NUMBER: _ClassVar[int]
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    SEALED_DANGER_FIELD_NUMBER: _ClassVar[int]
    RAISED_AT_FIELD_NUMBER: _ClassVar[int]
    danger_id: str
    needed: str
    sealed_danger: bytes
    raised_at: _timestamp_pb2.Timestamp
    def __init__(self, danger_id: _Optional[str] = ..., needed: _Optional[str] = ..., sealed_danger: _Optional[bytes] = ..., raised_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
