import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CooperationStarted(_message.Message):
    __slots__ = ("protection_id", "sealed_person", "started_at")
    PROTECTION_ID_FIELD_NUMBER: _ClassVar[int]
    SEALED_PERSON_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    protection_id: str
    sealed_person: bytes
    started_at: _timestamp_pb2.Timestamp
    def __init__(self, protection_id: _Optional[str] = ..., sealed_person: _Optional[bytes] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CooperationEnded(_message.Message):
    __slots__ = ("protection_id", "ended_on")
    PROTECTION_ID_FIELD_NUMBER: _ClassVar[int]
    ENDED_ON_FIELD_NUMBER: _ClassVar[int]
    protection_id: str
    ended_on: _timestamp_pb2.Timestamp
    def __init__(self, protection_id: _Optional[str] = ..., ended_on: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ComplaintMade(_message.Message):
    __slots__ = ("complaint_id", "sealed_person", "made_on")
    COMPLAINT_ID_FIELD_NUMBER: _ClassVar[int]
    SEALED_PERSON_FIELD_NUMBER: _ClassVar[int]
    MADE_ON_FIELD_NUMBER: _ClassVar[int]
    complaint_id: str
    sealed_person: bytes
    made_on: _timestamp_pb2.Timestamp
    def __init__(self, complaint_id: _Optional[str] = ..., sealed_person: _Optional[bytes] = ..., made_on: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ProtectionAlerted(_message.Message):
    __slots__ = ("report_id", "sealed_alert")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    SEALED_ALERT_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    sealed_alert: bytes
    def __init__(self, report_id: _Optional[str] = ..., sealed_alert: _Optional[bytes] = ...) -> None: ...
