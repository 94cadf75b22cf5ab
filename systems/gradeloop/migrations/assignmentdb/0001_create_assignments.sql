CREATE TABLE assignments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  course_id bigint NOT NULL,
  title text NOT NULL,
  description text NOT NULL,
  due_date timestamptz NOT NULL,
  max_points integer NOT NULL CHECK (max_points >= 1),
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now())
);

CREATE INDEX assignments_course_id ON assignments (course_id, id);

CREATE TABLE submissions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  assignment_id bigint NOT NULL REFERENCES assignments (id) ON DELETE CASCADE,
  student_id text NOT NULL,
  content text NOT NULL,
  submitted_at timestamptz NOT NULL,
  points double precision CHECK (points >= 0),
  feedback text NOT NULL DEFAULT '',
  graded_by text NOT NULL DEFAULT '',
  graded_at timestamptz,
  UNIQUE (assignment_id, student_id)
);

CREATE INDEX submissions_assignment_id ON submissions (assignment_id, id);
CREATE INDEX submissions_student_id ON submissions (student_id, id);

CREATE TABLE grade_reports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  course_id bigint NOT NULL,
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED')),
  figures jsonb NOT NULL DEFAULT '[]',
  error jsonb,
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  completed_at timestamptz
);

CREATE INDEX grade_reports_course_id ON grade_reports (course_id, id);
