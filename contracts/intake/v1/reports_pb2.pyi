import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReportingMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORTING_MODE_UNSPECIFIED: _ClassVar[ReportingMode]
    REPORTING_MODE_CONFIDENTIAL: _ClassVar[ReportingMode]
    REPORTING_MODE_ANONYMOUS: _ClassVar[ReportingMode]

class ProtectedActivity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROTECTED_ACTIVITY_UNSPECIFIED: _ClassVar[ProtectedActivity]
    PROTECTED_ACTIVITY_REPORTED: _ClassVar[ProtectedActivity]
    PROTECTED_ACTIVITY_TOLD_SUPERVISOR: _ClassVar[ProtectedActivity]
    PROTECTED_ACTIVITY_COOPERATED: _ClassVar[ProtectedActivity]
REPORTING_MODE_UNSPECIFIED: ReportingMode
REPORTING_MODE_CONFIDENTIAL: ReportingMode
REPORTING_MODE_ANONYMOUS: ReportingMode
PROTECTED_ACTIVITY_UNSPECIFIED: ProtectedActivity
PROTECTED_ACTIVITY_REPORTED: ProtectedActivity
PROTECTED_ACTIVITY_TOLD_SUPERVISOR: ProtectedActivity
PROTECTED_ACTIVITY_COOPERATED: ProtectedActivity

class ReportLodged(_message.Message):
    __slots__ = ("report_id", "lifecycle", "mode", "lodged_at", "route_public_key", "parties_item_id", "item_ids", "desk_key_id", "language", "facts_json", "desk")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    LODGED_AT_FIELD_NUMBER: _ClassVar[int]
    ROUTE_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PARTIES_ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    DESK_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    FACTS_JSON_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    lifecycle: str
    mode: ReportingMode
    lodged_at: _timestamp_pb2.Timestamp
    route_public_key: bytes
    parties_item_id: str
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    desk_key_id: str
    language: str
    facts_json: str
    desk: str
    def __init__(self, report_id: _Optional[str] = ..., lifecycle: _Optional[str] = ..., mode: _Optional[_Union[ReportingMode, str]] = ..., lodged_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., route_public_key: _Optional[bytes] = ..., parties_item_id: _Optional[str] = ..., item_ids: _Optional[_Iterable[str]] = ..., desk_key_id: _Optional[str] = ..., language: _Optional[str] = ..., facts_json: _Optional[str] = ..., desk: _Optional[str] = ...) -> None: ...

class MessageReceived(_message.Message):
    __slots__ = ("report_id", "item_id")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    item_id: str
    def __init__(self, report_id: _Optional[str] = ..., item_id: _Optional[str] = ...) -> None: ...

class PartiesAdded(_message.Message):
    __slots__ = ("report_id", "item_id")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    item_id: str
    def __init__(self, report_id: _Optional[str] = ..., item_id: _Optional[str] = ...) -> None: ...

class NameGiven(_message.Message):
    __slots__ = ("report_id", "item_ids")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, report_id: _Optional[str] = ..., item_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class IdentityAsked(_message.Message):
    __slots__ = ("report_id", "request_id")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    request_id: str
    def __init__(self, report_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class IdentityAnswered(_message.Message):
    __slots__ = ("report_id", "request_id", "until")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    request_id: str
    until: _timestamp_pb2.Timestamp
    def __init__(self, report_id: _Optional[str] = ..., request_id: _Optional[str] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MessagePlaced(_message.Message):
    __slots__ = ("report_id", "item_id", "action_id")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    item_id: str
    action_id: str
    def __init__(self, report_id: _Optional[str] = ..., item_id: _Optional[str] = ..., action_id: _Optional[str] = ...) -> None: ...

class RouteKeyReplaced(_message.Message):
    __slots__ = ("report_id", "route_public_key")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    ROUTE_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    route_public_key: bytes
    def __init__(self, report_id: _Optional[str] = ..., route_public_key: _Optional[bytes] = ...) -> None: ...

class PersonActed(_message.Message):
    __slots__ = ("report_id", "lifecycle", "number", "action_id", "action", "facts_json", "item_ids", "at")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACTION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FACTS_JSON_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    lifecycle: str
    number: int
    action_id: str
    action: str
    facts_json: str
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    at: _timestamp_pb2.Timestamp
    def __init__(self, report_id: _Optional[str] = ..., lifecycle: _Optional[str] = ..., number: _Optional[int] = ..., action_id: _Optional[str] = ..., action: _Optional[str] = ..., facts_json: _Optional[str] = ..., item_ids: _Optional[_Iterable[str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ConsentChanged(_message.Message):
    __slots__ = ("report_id", "consent", "given", "version", "at")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    GIVEN_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    consent: str
    given: bool
    version: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, report_id: _Optional[str] = ..., consent: _Optional[str] = ..., given: _Optional[bool] = ..., version: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PlacedInInbox(_message.Message):
    __slots__ = ("report_id", "lifecycle", "number", "version")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    lifecycle: str
    number: int
    version: int
    def __init__(self, report_id: _Optional[str] = ..., lifecycle: _Optional[str] = ..., number: _Optional[int] = ..., version: _Optional[int] = ...) -> None: ...

class CaseEventApplied(_message.Message):
    __slots__ = ("report_id", "sequence")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    sequence: int
    def __init__(self, report_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class ProtectionStarted(_message.Message):
    __slots__ = ("protection_id", "sealed_person", "started_at", "activity")
    PROTECTION_ID_FIELD_NUMBER: _ClassVar[int]
    SEALED_PERSON_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    protection_id: str
    sealed_person: bytes
    started_at: _timestamp_pb2.Timestamp
    activity: ProtectedActivity
    def __init__(self, protection_id: _Optional[str] = ..., sealed_person: _Optional[bytes] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., activity: _Optional[_Union[ProtectedActivity, str]] = ...) -> None: ...

class ProtectionClosed(_message.Message):
    __slots__ = ("protection_id", "closed_on")
    PROTECTION_ID_FIELD_NUMBER: _ClassVar[int]
    CLOSED_ON_FIELD_NUMBER: _ClassVar[int]
    protection_id: str
    closed_on: _timestamp_pb2.Timestamp
    def __init__(self, protection_id: _Optional[str] = ..., closed_on: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ProtectionContact(_message.Message):
    __slots__ = ("protection_id", "agreed")
    PROTECTION_ID_FIELD_NUMBER: _ClassVar[int]
    AGREED_FIELD_NUMBER: _ClassVar[int]
    protection_id: str
    agreed: bool
    def __init__(self, protection_id: _Optional[str] = ..., agreed: _Optional[bool] = ...) -> None: ...

class ReporterNotice(_message.Message):
    __slots__ = ("notice_id", "recipient_ref")
    NOTICE_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_REF_FIELD_NUMBER: _ClassVar[int]
    notice_id: str
    recipient_ref: str
    def __init__(self, notice_id: _Optional[str] = ..., recipient_ref: _Optional[str] = ...) -> None: ...
