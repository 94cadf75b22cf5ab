CREATE TABLE notifications (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text NOT NULL,
  address text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  event text NOT NULL,
  -- The event it tells of: nobody is told twice.
  event_id text NOT NULL,
  status text NOT NULL DEFAULT 'QUEUED' CHECK (status IN ('QUEUED', 'SENT')),
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  sent_at timestamptz,
  UNIQUE (event_id, user_id)
);

CREATE INDEX notifications_user_id ON notifications (user_id, id);
