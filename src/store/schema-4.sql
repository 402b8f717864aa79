-- From version 3 to version 4, which schema.sql describes. A file that went this way has the same tables as a fresh one.

-- What --keep lets go is found by its time at each flush.
CREATE INDEX watch_findings_ended ON watch_findings (ended_ns);
CREATE INDEX watch_files_time ON watch_files (ts_ns);

-- What the next start of a running audit needs of IPsec: records with their working state, as bytes that spanaudit alone reads. Only the last
-- running audit has any. Every one of its associations and negotiations has a slot; what is counted beside them is the rest.
CREATE TABLE watch_ipsec (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	part TEXT NOT NULL CHECK (part IN ('association', 'negotiation', 'rest')),
	slot INTEGER NOT NULL,
	last_ns INTEGER NOT NULL,		-- when it was seen last
	tunnel TEXT,				-- in which it was seen: "gre/vxlan"
	state BLOB NOT NULL,
	UNIQUE (audit, part, slot)
);
CREATE TRIGGER audits_delete_watch_ipsec BEFORE DELETE ON audits BEGIN
	DELETE FROM watch_ipsec WHERE audit = OLD.id;
END;

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
