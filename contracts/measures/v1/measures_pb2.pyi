import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MeasureEnding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEASURE_ENDING_UNSPECIFIED: _ClassVar[MeasureEnding]
    MEASURE_ENDING_RESTORE: _ClassVar[MeasureEnding]
    MEASURE_ENDING_PASS_ON: _ClassVar[MeasureEnding]
MEASURE_ENDING_UNSPECIFIED: MeasureEnding
MEASURE_ENDING_RESTORE: MeasureEnding
MEASURE_ENDING_PASS_ON: MeasureEnding

class MeasureDecided(_message.Message):
    __slots__ = ("measure_id", "type", "sealed_persons", "from_at", "until_at", "decided_at", "decision_id")
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SEALED_PERSONS_FIELD_NUMBER: _ClassVar[int]
    FROM_AT_FIELD_NUMBER: _ClassVar[int]
    UNTIL_AT_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    type: str
    sealed_persons: bytes
    from_at: _timestamp_pb2.Timestamp
    until_at: _timestamp_pb2.Timestamp
    decided_at: _timestamp_pb2.Timestamp
    decision_id: str
    def __init__(self, measure_id: _Optional[str] = ..., type: _Optional[str] = ..., sealed_persons: _Optional[bytes] = ..., from_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision_id: _Optional[str] = ...) -> None: ...

class MeasureEnded(_message.Message):
    __slots__ = ("measure_id", "ending", "sealed_persons", "decision_id")
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    ENDING_FIELD_NUMBER: _ClassVar[int]
    SEALED_PERSONS_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    ending: MeasureEnding
    sealed_persons: bytes
    decision_id: str
    def __init__(self, measure_id: _Optional[str] = ..., ending: _Optional[_Union[MeasureEnding, str]] = ..., sealed_persons: _Optional[bytes] = ..., decision_id: _Optional[str] = ...) -> None: ...

class MeasureApplied(_message.Message):
    __slots__ = ("measure_id", "task_id", "proof_hash", "applied_at", "decision_id")
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_HASH_FIELD_NUMBER: _ClassVar[int]
    APPLIED_AT_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    task_id: str
    proof_hash: bytes
    applied_at: _timestamp_pb2.Timestamp
    decision_id: str
    def __init__(self, measure_id: _Optional[str] = ..., task_id: _Optional[str] = ..., proof_hash: _Optional[bytes] = ..., applied_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision_id: _Optional[str] = ...) -> None: ...

class MeasureRestored(_message.Message):
    __slots__ = ("measure_id", "task_id", "proof_hash", "restored_at", "decision_id")
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_HASH_FIELD_NUMBER: _ClassVar[int]
    RESTORED_AT_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    task_id: str
    proof_hash: bytes
    restored_at: _timestamp_pb2.Timestamp
    decision_id: str
    def __init__(self, measure_id: _Optional[str] = ..., task_id: _Optional[str] = ..., proof_hash: _Optional[bytes] = ..., restored_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision_id: _Optional[str] = ...) -> None: ...

class MeasurePassedOn(_message.Message):
    __slots__ = ("measure_id", "task_id", "proof_hash", "passed_on_at", "decision_id")
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_HASH_FIELD_NUMBER: _ClassVar[int]
    PASSED_ON_AT_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    task_id: str
    proof_hash: bytes
    passed_on_at: _timestamp_pb2.Timestamp
    decision_id: str
    def __init__(self, measure_id: _Optional[str] = ..., task_id: _Optional[str] = ..., proof_hash: _Optional[bytes] = ..., passed_on_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision_id: _Optional[str] = ...) -> None: ...

class MeasureFailed(_message.Message):
    __slots__ = ("measure_id", "task_id", "code", "decision_id")
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    task_id: str
    code: str
    decision_id: str
    def __init__(self, measure_id: _Optional[str] = ..., task_id: _Optional[str] = ..., code: _Optional[str] = ..., decision_id: _Optional[str] = ...) -> None: ...

class MeasureEventApplied(_message.Message):
    __slots__ = ("measure_id", "sequence")
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    sequence: int
    def __init__(self, measure_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...
