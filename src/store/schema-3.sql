-- From version 2 to version 3, which schema.sql describes: running audits, and sentences in parts. A file that went this way has the same tables as a fresh one.

-- Of a running audit ('spanaudit watch'; else NULL): its first start, the last flush, the end of the last start (NULL: it is running, or
-- was killed), and for how long a conversation may be silent and still be part of it. Its conversations are in the order of sort_key.
ALTER TABLE audits ADD COLUMN watch_started_ns INTEGER;
ALTER TABLE audits ADD COLUMN watch_flushed_ns INTEGER;
ALTER TABLE audits ADD COLUMN watch_ended_ns INTEGER;
ALTER TABLE audits ADD COLUMN watch_window_ns INTEGER;

-- Flows inside ESP without encryption.
ALTER TABLE conversations ADD COLUMN esp_null INTEGER NOT NULL DEFAULT 0;
-- Of a running audit: server, port, transport, client and application as bytes. NULL: the numbers are in that order.
ALTER TABLE conversations ADD COLUMN sort_key BLOB;

-- Sentences in parts, for reports in other languages; NULL: stored before.
ALTER TABLE findings ADD COLUMN said TEXT;
ALTER TABLE row_states ADD COLUMN said TEXT;
ALTER TABLE ipsec_roles ADD COLUMN said TEXT;

-- What left a running audit, having been silent for longer than its window, and is kept until --keep.
CREATE TABLE past_conversations (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	client TEXT NOT NULL, server TEXT NOT NULL, port INTEGER NOT NULL, transport TEXT NOT NULL, app TEXT,
	client_roles INTEGER NOT NULL, server_roles INTEGER NOT NULL,
	flows INTEGER NOT NULL, packets_client INTEGER NOT NULL, packets_server INTEGER NOT NULL,
	bytes_client INTEGER NOT NULL, bytes_server INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
	answer TEXT NOT NULL, rule INTEGER
);
CREATE INDEX past_conversations_audit ON past_conversations (audit);
CREATE INDEX past_conversations_last ON past_conversations (last_ns);

-- What a running audit told of its findings, and when. ended_ns NULL: it holds.
CREATE TABLE watch_findings (
	audit INTEGER NOT NULL REFERENCES audits,
	finding TEXT NOT NULL,
	first_told_ns INTEGER NOT NULL, last_told_ns INTEGER NOT NULL, ended_ns INTEGER,
	PRIMARY KEY (audit, finding, first_told_ns)
) WITHOUT ROWID;

CREATE TABLE watch_alerts (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	ts_ns INTEGER NOT NULL,
	alert TEXT NOT NULL,			-- "no-packets", "interface-down" and so on
	message TEXT NOT NULL
);
CREATE INDEX watch_alerts_audit ON watch_alerts (audit, ts_ns);

-- Packets that were kept of a finding; file NULL: none, and why.
CREATE TABLE watch_files (
	audit INTEGER NOT NULL REFERENCES audits,
	finding TEXT NOT NULL,
	ts_ns INTEGER NOT NULL,
	file TEXT, sha256 TEXT, why TEXT,
	PRIMARY KEY (audit, finding, ts_ns)
) WITHOUT ROWID;

-- What each interface received and lost, over time. frames count since the audit began, the others since the start of the program.
CREATE TABLE watch_counts (
	audit INTEGER NOT NULL REFERENCES audits,
	interface TEXT NOT NULL,
	ts_ns INTEGER NOT NULL,
	up INTEGER NOT NULL CHECK (up IN (0, 1)),
	frames INTEGER NOT NULL,		-- delivered
	received INTEGER NOT NULL, kernel_drops INTEGER NOT NULL, interface_drops INTEGER NOT NULL,
	PRIMARY KEY (audit, interface, ts_ns)
) WITHOUT ROWID;

-- What hangs on an audit, children first.
DROP TRIGGER audits_delete;
CREATE TRIGGER audits_delete BEFORE DELETE ON audits BEGIN
	DELETE FROM past_conversations WHERE audit = OLD.id;
	DELETE FROM watch_findings WHERE audit = OLD.id;
	DELETE FROM watch_alerts WHERE audit = OLD.id;
	DELETE FROM watch_files WHERE audit = OLD.id;
	DELETE FROM watch_counts WHERE audit = OLD.id;
	DELETE FROM conversation_rules WHERE conversation IN (SELECT id FROM conversations WHERE audit = OLD.id);
	DELETE FROM conversations WHERE audit = OLD.id;
	DELETE FROM conversation_counts WHERE audit = OLD.id;
	DELETE FROM evidence WHERE finding IN (SELECT id FROM findings WHERE audit = OLD.id);
	DELETE FROM finding_citations WHERE finding IN (SELECT id FROM findings WHERE audit = OLD.id);
	DELETE FROM findings WHERE audit = OLD.id;
	DELETE FROM row_states WHERE audit = OLD.id;
	DELETE FROM association_talks WHERE association IN (SELECT id FROM security_associations WHERE audit = OLD.id);
	DELETE FROM association_frames WHERE association IN (SELECT id FROM security_associations WHERE audit = OLD.id);
	DELETE FROM security_associations WHERE audit = OLD.id;
	DELETE FROM negotiation_exchanges WHERE negotiation IN (SELECT id FROM negotiations WHERE audit = OLD.id);
	DELETE FROM negotiation_frames WHERE negotiation IN (SELECT id FROM negotiations WHERE audit = OLD.id);
	DELETE FROM negotiations WHERE audit = OLD.id;
	DELETE FROM ipsec_roles WHERE audit = OLD.id;
	DELETE FROM ipsec_packets WHERE audit = OLD.id;
	DELETE FROM decode_counts WHERE audit = OLD.id;
	DELETE FROM coverage_roles WHERE audit = OLD.id;
	DELETE FROM coverage_pairs WHERE audit = OLD.id;
	DELETE FROM coverage_spans WHERE audit = OLD.id;
	DELETE FROM coverage_strangers WHERE audit = OLD.id;
	DELETE FROM coverage_unseen WHERE audit = OLD.id;
	DELETE FROM inputs WHERE audit = OLD.id;
	DELETE FROM waivers WHERE audit = OLD.id;
	DELETE FROM host_members WHERE host IN (SELECT id FROM hosts WHERE audit = OLD.id);
	DELETE FROM host_ports WHERE host IN (SELECT id FROM hosts WHERE audit = OLD.id);
	DELETE FROM hosts WHERE audit = OLD.id;
	DELETE FROM site_features WHERE audit = OLD.id;
	DELETE FROM site_documents WHERE audit = OLD.id;
END;
