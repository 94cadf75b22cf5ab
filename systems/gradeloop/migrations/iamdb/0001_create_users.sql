CREATE TABLE users (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  name text NOT NULL,
  email text NOT NULL,
  roles text[] NOT NULL,
  active boolean NOT NULL DEFAULT true,
  -- The parameters, the salt and the hash: see iam/password.ts.
  password text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now())
);

-- An address is one person's, however it is written.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

-- Tokens that can be exchanged for new ones. Only their hashes: who reads this table can log in as nobody.
CREATE TABLE refresh_tokens (
  hash bytea PRIMARY KEY,
  -- All that descend from one log-in.
  family uuid NOT NULL,
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);

CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expires_at ON refresh_tokens (expires_at);

-- Log-ins that failed, or are being tried, since the last that did not fail.
CREATE TABLE login_attempts (
  email_hash bytea PRIMARY KEY,
  count integer NOT NULL,
  last_at timestamptz NOT NULL,
  blocked_until timestamptz NOT NULL
);

CREATE INDEX login_attempts_last_at ON login_attempts (last_at);

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  private_jwk jsonb NOT NULL,
  public_jwk jsonb NOT NULL,
  -- Readers are shown a key before it signs.
  signs_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);
