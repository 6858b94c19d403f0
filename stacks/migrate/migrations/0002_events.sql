-- Messages of the topic of events that were dealt with: one that comes twice is dealt with once.
CREATE TABLE handled_events (
  message_id text PRIMARY KEY,
  handled_at timestamptz NOT NULL DEFAULT now()
);
