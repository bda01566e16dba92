import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Person(_message.Message):
    __slots__ = ("staff_id", "unit", "station", "line_staff_id", "contract", "active", "valid_from", "contract_ends_on")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    STATION_FIELD_NUMBER: _ClassVar[int]
    LINE_STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_ENDS_ON_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    unit: str
    station: str
    line_staff_id: str
    contract: str
    active: bool
    valid_from: _timestamp_pb2.Timestamp
    contract_ends_on: str
    def __init__(self, staff_id: _Optional[str] = ..., unit: _Optional[str] = ..., station: _Optional[str] = ..., line_staff_id: _Optional[str] = ..., contract: _Optional[str] = ..., active: _Optional[bool] = ..., valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., contract_ends_on: _Optional[str] = ...) -> None: ...
