-- What people have put into the bucket of files, and whose it is.
CREATE TABLE files (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text NOT NULL,
  object text NOT NULL UNIQUE,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX files_by_owner ON files (owner, created_at DESC);
