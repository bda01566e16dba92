from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class TalksCounted(_message.Message):
    __slots__ = ("period", "region", "about")
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    period: str
    region: str
    about: int
    def __init__(self, period: _Optional[str] = ..., region: _Optional[str] = ..., about: _Optional[int] = ...) -> None: ...
