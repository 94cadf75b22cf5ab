CREATE TABLE similarity_reports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  assignment_id bigint NOT NULL,
  requested_by text NOT NULL,
  threshold double precision NOT NULL,
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED')),
  submissions integer NOT NULL DEFAULT 0,
  pairs jsonb NOT NULL DEFAULT '[]',
  error jsonb,
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  completed_at timestamptz
);

CREATE INDEX similarity_reports_assignment_id ON similarity_reports (assignment_id, id);
