import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Offer(_message.Message):
    __slots__ = ("action", "fields_json", "asked")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FIELDS_JSON_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    action: str
    fields_json: str
    asked: bool
    def __init__(self, action: _Optional[str] = ..., fields_json: _Optional[str] = ..., asked: _Optional[bool] = ...) -> None: ...

class CaseChanged(_message.Message):
    __slots__ = ("report_id", "lifecycle", "number", "version", "state", "next_date", "offers", "wording_key", "changed_at", "closed", "sealed_facts", "no_contact", "next_clock")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NEXT_DATE_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    WORDING_KEY_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    SEALED_FACTS_FIELD_NUMBER: _ClassVar[int]
    NO_CONTACT_FIELD_NUMBER: _ClassVar[int]
    NEXT_CLOCK_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    lifecycle: str
    number: int
    version: int
    state: str
    next_date: _timestamp_pb2.Timestamp
    offers: _containers.RepeatedCompositeFieldContainer[Offer]
    wording_key: str
    changed_at: _timestamp_pb2.Timestamp
    closed: bool
    sealed_facts: bytes
    no_contact: bool
    next_clock: str
    def __init__(self, report_id: _Optional[str] = ..., lifecycle: _Optional[str] = ..., number: _Optional[int] = ..., version: _Optional[int] = ..., state: _Optional[str] = ..., next_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., offers: _Optional[_Iterable[_Union[Offer, _Mapping]]] = ..., wording_key: _Optional[str] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., closed: _Optional[bool] = ..., sealed_facts: _Optional[bytes] = ..., no_contact: _Optional[bool] = ..., next_clock: _Optional[str] = ...) -> None: ...

class ReportEventApplied(_message.Message):
    __slots__ = ("report_id", "sequence")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    sequence: int
    def __init__(self, report_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class ReportOpened(_message.Message):
    __slots__ = ("report_id",)
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    def __init__(self, report_id: _Optional[str] = ...) -> None: ...

class CaseErased(_message.Message):
    __slots__ = ("report_id", "lifecycle", "number", "actors_until")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACTORS_UNTIL_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    lifecycle: str
    number: int
    actors_until: _timestamp_pb2.Timestamp
    def __init__(self, report_id: _Optional[str] = ..., lifecycle: _Optional[str] = ..., number: _Optional[int] = ..., actors_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PersonActionRefused(_message.Message):
    __slots__ = ("report_id", "lifecycle", "number", "action_id", "code")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACTION_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    lifecycle: str
    number: int
    action_id: str
    code: str
    def __init__(self, report_id: _Optional[str] = ..., lifecycle: _Optional[str] = ..., number: _Optional[int] = ..., action_id: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class IdentityReleaseEnded(_message.Message):
    __slots__ = ("report_id", "request_id")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    request_id: str
    def __init__(self, report_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class StaffNotice(_message.Message):
    __slots__ = ("notice_id", "recipient_ref", "wording_key", "may_wait", "late_office")
    NOTICE_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_REF_FIELD_NUMBER: _ClassVar[int]
    WORDING_KEY_FIELD_NUMBER: _ClassVar[int]
    MAY_WAIT_FIELD_NUMBER: _ClassVar[int]
    LATE_OFFICE_FIELD_NUMBER: _ClassVar[int]
    notice_id: str
    recipient_ref: str
    wording_key: str
    may_wait: bool
    late_office: str
    def __init__(self, notice_id: _Optional[str] = ..., recipient_ref: _Optional[str] = ..., wording_key: _Optional[str] = ..., may_wait: _Optional[bool] = ..., late_office: _Optional[str] = ...) -> None: ...
