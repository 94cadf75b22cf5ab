import datetime

from buf.validate import validate_pb2 as _validate_pb2
from common import errors_pb2 as _errors_pb2
from common import pagination_pb2 as _pagination_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReportStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_STATUS_UNSPECIFIED: _ClassVar[ReportStatus]
    REPORT_STATUS_PENDING: _ClassVar[ReportStatus]
    REPORT_STATUS_COMPLETED: _ClassVar[ReportStatus]
    REPORT_STATUS_FAILED: _ClassVar[ReportStatus]
REPORT_STATUS_UNSPECIFIED: ReportStatus
REPORT_STATUS_PENDING: ReportStatus
REPORT_STATUS_COMPLETED: ReportStatus
REPORT_STATUS_FAILED: ReportStatus

class MatchedSpan(_message.Message):
    __slots__ = ("a_first_line", "a_last_line", "b_first_line", "b_last_line")
    A_FIRST_LINE_FIELD_NUMBER: _ClassVar[int]
    A_LAST_LINE_FIELD_NUMBER: _ClassVar[int]
    B_FIRST_LINE_FIELD_NUMBER: _ClassVar[int]
    B_LAST_LINE_FIELD_NUMBER: _ClassVar[int]
    a_first_line: int
    a_last_line: int
    b_first_line: int
    b_last_line: int
    def __init__(self, a_first_line: _Optional[int] = ..., a_last_line: _Optional[int] = ..., b_first_line: _Optional[int] = ..., b_last_line: _Optional[int] = ...) -> None: ...

class SimilarPair(_message.Message):
    __slots__ = ("submission_a", "submission_b", "student_a", "student_b", "similarity", "spans")
    SUBMISSION_A_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_B_FIELD_NUMBER: _ClassVar[int]
    STUDENT_A_FIELD_NUMBER: _ClassVar[int]
    STUDENT_B_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    submission_a: int
    submission_b: int
    student_a: str
    student_b: str
    similarity: float
    spans: _containers.RepeatedCompositeFieldContainer[MatchedSpan]
    def __init__(self, submission_a: _Optional[int] = ..., submission_b: _Optional[int] = ..., student_a: _Optional[str] = ..., student_b: _Optional[str] = ..., similarity: _Optional[float] = ..., spans: _Optional[_Iterable[_Union[MatchedSpan, _Mapping]]] = ...) -> None: ...

class SimilarityReport(_message.Message):
    __slots__ = ("id", "assignment_id", "status", "requested_by", "submissions", "pairs", "threshold", "error", "created_at", "completed_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_BY_FIELD_NUMBER: _ClassVar[int]
    SUBMISSIONS_FIELD_NUMBER: _ClassVar[int]
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    id: int
    assignment_id: int
    status: ReportStatus
    requested_by: str
    submissions: int
    pairs: _containers.RepeatedCompositeFieldContainer[SimilarPair]
    threshold: float
    error: _errors_pb2.Error
    created_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[int] = ..., assignment_id: _Optional[int] = ..., status: _Optional[_Union[ReportStatus, str]] = ..., requested_by: _Optional[str] = ..., submissions: _Optional[int] = ..., pairs: _Optional[_Iterable[_Union[SimilarPair, _Mapping]]] = ..., threshold: _Optional[float] = ..., error: _Optional[_Union[_errors_pb2.Error, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateSimilarityReportRequest(_message.Message):
    __slots__ = ("assignment_id", "threshold")
    ASSIGNMENT_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    assignment_id: int
    threshold: float
    def __init__(self, assignment_id: _Optional[int] = ..., threshold: _Optional[float] = ...) -> None: ...

class CreateSimilarityReportResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: SimilarityReport
    def __init__(self, report: _Optional[_Union[SimilarityReport, _Mapping]] = ...) -> None: ...

class ListSimilarityReportsRequest(_message.Message):
    __slots__ = ("assignment_id", "page_size", "page_token")
    ASSIGNMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    assignment_id: int
    page_size: int
    page_token: str
    def __init__(self, assignment_id: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSimilarityReportsResponse(_message.Message):
    __slots__ = ("reports", "pagination")
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[SimilarityReport]
    pagination: _pagination_pb2.Pagination
    def __init__(self, reports: _Optional[_Iterable[_Union[SimilarityReport, _Mapping]]] = ..., pagination: _Optional[_Union[_pagination_pb2.Pagination, _Mapping]] = ...) -> None: ...

class SimilarityJob(_message.Message):
    __slots__ = ("report_id",)
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: int
    def __init__(self, report_id: _Optional[int] = ...) -> None: ...
