from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor
METHOD_FIELD_NUMBER: _ClassVar[int]
method: _descriptor.FieldDescriptor

class MethodRule(_message.Message):
    __slots__ = ("success_status", "public", "roles", "services")
    SUCCESS_STATUS_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    success_status: int
    public: bool
    roles: _containers.RepeatedScalarFieldContainer[str]
    services: bool
    def __init__(self, success_status: _Optional[int] = ..., public: _Optional[bool] = ..., roles: _Optional[_Iterable[str]] = ..., services: _Optional[bool] = ...) -> None: ...
