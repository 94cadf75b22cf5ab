CREATE TABLE courses (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL,
  code text NOT NULL,
  instructor_id text NOT NULL,
  semester_id integer NOT NULL,
  status text NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'PUBLISHED')),
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  UNIQUE (semester_id, code)
);

CREATE INDEX courses_instructor_id ON courses (instructor_id, id);

CREATE TABLE enrollments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  course_id bigint NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
  user_id text NOT NULL,
  enrolled_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  UNIQUE (user_id, course_id)
);

CREATE INDEX enrollments_course_id ON enrollments (course_id, id);
