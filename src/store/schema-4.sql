-- From version 3 to version 4, which schema.sql describes. A file that went this way has the same tables as a fresh one.

-- Flows that are open, for the next start of a running audit: in a form of its own (src/audit/living.h), with packets of those that are not
-- decided. Each flush writes them anew; the last one of a start has no packets.
CREATE TABLE watch_flows (
	audit INTEGER NOT NULL REFERENCES audits,
	part INTEGER NOT NULL,
	flows BLOB NOT NULL,
	PRIMARY KEY (audit, part)
);
CREATE TRIGGER audits_delete_flows BEFORE DELETE ON audits BEGIN
	DELETE FROM watch_flows WHERE audit = OLD.id;
END;
