from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Appointment(_message.Message):
    __slots__ = ("staff_id", "role", "place", "from_day", "to_day", "substitute_for", "languages", "gender", "appointed_by", "confirmed_by")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    FROM_DAY_FIELD_NUMBER: _ClassVar[int]
    TO_DAY_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTE_FOR_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    APPOINTED_BY_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_BY_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    role: str
    place: str
    from_day: str
    to_day: str
    substitute_for: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    gender: str
    appointed_by: str
    confirmed_by: str
    def __init__(self, staff_id: _Optional[str] = ..., role: _Optional[str] = ..., place: _Optional[str] = ..., from_day: _Optional[str] = ..., to_day: _Optional[str] = ..., substitute_for: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ..., gender: _Optional[str] = ..., appointed_by: _Optional[str] = ..., confirmed_by: _Optional[str] = ...) -> None: ...

class AppointmentEnded(_message.Message):
    __slots__ = ("appointment_id", "last_day", "ended_by", "confirmed_by")
    APPOINTMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    ENDED_BY_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_BY_FIELD_NUMBER: _ClassVar[int]
    appointment_id: str
    last_day: str
    ended_by: str
    confirmed_by: str
    def __init__(self, appointment_id: _Optional[str] = ..., last_day: _Optional[str] = ..., ended_by: _Optional[str] = ..., confirmed_by: _Optional[str] = ...) -> None: ...

class AppointmentsInForce(_message.Message):
    __slots__ = ("number", "appointed", "ended")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    APPOINTED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    number: int
    appointed: _containers.RepeatedCompositeFieldContainer[Appointment]
    ended: _containers.RepeatedCompositeFieldContainer[AppointmentEnded]
    def __init__(self, number: _Optional[int] = ..., appointed: _Optional[_Iterable[_Union[Appointment, _Mapping]]] = ..., ended: _Optional[_Iterable[_Union[AppointmentEnded, _Mapping]]] = ...) -> None: ...

class PolicyVersion(_message.Message):
    __slots__ = ("pack", "version", "content_hash", "from_day", "drafted_by", "confirmed_by")
    PACK_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    FROM_DAY_FIELD_NUMBER: _ClassVar[int]
    DRAFTED_BY_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_BY_FIELD_NUMBER: _ClassVar[int]
    pack: str
    version: str
    content_hash: str
    from_day: str
    drafted_by: str
    confirmed_by: str
    def __init__(self, pack: _Optional[str] = ..., version: _Optional[str] = ..., content_hash: _Optional[str] = ..., from_day: _Optional[str] = ..., drafted_by: _Optional[str] = ..., confirmed_by: _Optional[str] = ...) -> None: ...

class PolicyInForce(_message.Message):
    __slots__ = ("number", "decided")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    DECIDED_FIELD_NUMBER: _ClassVar[int]
    number: int
    decided: _containers.RepeatedCompositeFieldContainer[PolicyVersion]
    def __init__(self, number: _Optional[int] = ..., decided: _Optional[_Iterable[_Union[PolicyVersion, _Mapping]]] = ...) -> None: ...
