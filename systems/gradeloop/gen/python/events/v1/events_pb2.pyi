import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AssignmentCreated(_message.Message):
    __slots__ = ("assignment_id", "course_id", "title", "due_date")
    ASSIGNMENT_ID_FIELD_NUMBER: _ClassVar[int]
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    assignment_id: int
    course_id: int
    title: str
    due_date: _timestamp_pb2.Timestamp
    def __init__(self, assignment_id: _Optional[int] = ..., course_id: _Optional[int] = ..., title: _Optional[str] = ..., due_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AssignmentUpdated(_message.Message):
    __slots__ = ("assignment_id", "course_id", "title", "due_date")
    ASSIGNMENT_ID_FIELD_NUMBER: _ClassVar[int]
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    assignment_id: int
    course_id: int
    title: str
    due_date: _timestamp_pb2.Timestamp
    def __init__(self, assignment_id: _Optional[int] = ..., course_id: _Optional[int] = ..., title: _Optional[str] = ..., due_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AssignmentDeleted(_message.Message):
    __slots__ = ("assignment_id", "course_id")
    ASSIGNMENT_ID_FIELD_NUMBER: _ClassVar[int]
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    assignment_id: int
    course_id: int
    def __init__(self, assignment_id: _Optional[int] = ..., course_id: _Optional[int] = ...) -> None: ...

class SubmissionGraded(_message.Message):
    __slots__ = ("submission_id", "assignment_id", "course_id", "student_id", "assignment_title", "points", "max_points")
    SUBMISSION_ID_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_ID_FIELD_NUMBER: _ClassVar[int]
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    STUDENT_ID_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_TITLE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    submission_id: int
    assignment_id: int
    course_id: int
    student_id: str
    assignment_title: str
    points: float
    max_points: int
    def __init__(self, submission_id: _Optional[int] = ..., assignment_id: _Optional[int] = ..., course_id: _Optional[int] = ..., student_id: _Optional[str] = ..., assignment_title: _Optional[str] = ..., points: _Optional[float] = ..., max_points: _Optional[int] = ...) -> None: ...

class UserEnrolled(_message.Message):
    __slots__ = ("course_id", "user_id", "course_title")
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COURSE_TITLE_FIELD_NUMBER: _ClassVar[int]
    course_id: int
    user_id: str
    course_title: str
    def __init__(self, course_id: _Optional[int] = ..., user_id: _Optional[str] = ..., course_title: _Optional[str] = ...) -> None: ...

class CoursePublished(_message.Message):
    __slots__ = ("course_id", "title", "code", "instructor_id")
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTOR_ID_FIELD_NUMBER: _ClassVar[int]
    course_id: int
    title: str
    code: str
    instructor_id: str
    def __init__(self, course_id: _Optional[int] = ..., title: _Optional[str] = ..., code: _Optional[str] = ..., instructor_id: _Optional[str] = ...) -> None: ...

class CourseUpdated(_message.Message):
    __slots__ = ("course_id", "title", "code", "instructor_id")
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTOR_ID_FIELD_NUMBER: _ClassVar[int]
    course_id: int
    title: str
    code: str
    instructor_id: str
    def __init__(self, course_id: _Optional[int] = ..., title: _Optional[str] = ..., code: _Optional[str] = ..., instructor_id: _Optional[str] = ...) -> None: ...

class CourseDeleted(_message.Message):
    __slots__ = ("course_id",)
    COURSE_ID_FIELD_NUMBER: _ClassVar[int]
    course_id: int
    def __init__(self, course_id: _Optional[int] = ...) -> None: ...
