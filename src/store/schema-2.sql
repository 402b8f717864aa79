-- From version 1 to version 2: what a report tells beyond version 1, so that it can be made of the database
-- alone. With schema-3.sql a file has the same tables as a fresh one.

-- What makes the same report again: without folders, outputs and --threads; NULL: not known (stored by version 1).
ALTER TABLE audits ADD COLUMN command TEXT;
-- The site file itself; NULL: none, or stored by version 1.
ALTER TABLE audits ADD COLUMN site_text TEXT;
-- Hosts that the site file does not name, in traffic with its servers; and definitions of it whose hosts sent nothing: how many.
ALTER TABLE audits ADD COLUMN strangers INTEGER;
ALTER TABLE audits ADD COLUMN unseen INTEGER;
-- Connections between hosts that the site file does not name: captured on one side only though both spoke, and on both.
ALTER TABLE audits ADD COLUMN out_of_scope_tcp_one_way INTEGER;
ALTER TABLE audits ADD COLUMN out_of_scope_tcp_answered INTEGER;
-- Of its conversations, which have consecutive numbers in the order of server, port, transport, client and application.
ALTER TABLE audits ADD COLUMN first_conversation INTEGER;

-- Stacks of tunnels, outer first ("gre/vxlan"); NULL: in none. Of the first flow.
ALTER TABLE conversations ADD COLUMN tunnel TEXT;
-- Flows: both sides spoke and one was captured; with a ClientHello, a ServerHello, a client's certificate, a handshake without one.
ALTER TABLE conversations ADD COLUMN one_sided INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN hellos INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN server_hellos INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN certificates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN no_certificates INTEGER NOT NULL DEFAULT 0;
-- Documented, but this rule prints more security than was seen: rules.id.
ALTER TABLE conversations ADD COLUMN sibling INTEGER;

INSERT INTO facts VALUES (32768, 'tls-handshake-done'), (65536, 'not-tls'), (131072, 'announced-by-endpoint-mapper'),
	(262144, 'announced-by-sql-browser');

-- Of a statement, in English; '' of a row, which has that of its rules.
ALTER TABLE printed_rows ADD COLUMN gloss TEXT NOT NULL DEFAULT '';
-- Who tells a client the ports; and whether servers are the members of the client's address.
ALTER TABLE rules ADD COLUMN announced TEXT NOT NULL DEFAULT '' CHECK (announced IN ('', 'rpc', 'sql'));
ALTER TABLE rules ADD COLUMN members INTEGER NOT NULL DEFAULT 0 CHECK (members IN (0, 1));
-- The first port is the server's, and the client's is one of all; where until does not hold.
ALTER TABLE rules ADD COLUMN pair INTEGER NOT NULL DEFAULT 0 CHECK (pair IN (0, 1));
ALTER TABLE rules ADD COLUMN exception TEXT NOT NULL DEFAULT '';

-- How many conversations there are of each class; each counts once, by the first that holds.
CREATE TABLE conversation_counts (
	audit INTEGER NOT NULL REFERENCES audits,
	class TEXT NOT NULL CHECK (class IN ('documented', 'documented_weaker', 'undocumented', 'unknown_host', 'out_of_scope', 'noise')),
	conversations INTEGER NOT NULL CHECK (conversations >= 0),
	PRIMARY KEY (audit, class)
) WITHOUT ROWID;

-- When the capture was running: no silence of more than ten minutes in it.
CREATE TABLE coverage_spans (
	audit INTEGER NOT NULL REFERENCES audits,
	position INTEGER NOT NULL,
	first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL CHECK (last_ns >= first_ns),
	packets INTEGER NOT NULL,
	PRIMARY KEY (audit, position)
) WITHOUT ROWID;

-- The first of the hosts that the site file does not name; audits.strangers counts all.
CREATE TABLE coverage_strangers (
	audit INTEGER NOT NULL REFERENCES audits,
	address TEXT NOT NULL,
	PRIMARY KEY (audit, address)
) WITHOUT ROWID;

-- The first of the definitions of the site file whose hosts sent nothing; audits.unseen counts all.
CREATE TABLE coverage_unseen (
	audit INTEGER NOT NULL REFERENCES audits,
	host INTEGER NOT NULL REFERENCES hosts,
	PRIMARY KEY (audit, host)
) WITHOUT ROWID;
CREATE INDEX coverage_unseen_host ON coverage_unseen (host);

-- Audits of version 1: all of this that their conversations tell.
UPDATE audits SET first_conversation = (SELECT min(id) FROM conversations WHERE audit = audits.id);
INSERT INTO conversation_counts SELECT audit, CASE
	WHEN noise OR transport IN ('icmp', 'icmp6') THEN 'noise'
	WHEN NOT in_scope THEN 'out_of_scope'
	WHEN answer = 'documented' THEN iif(failed IS 'security', 'documented_weaker', 'documented')
	WHEN answer = 'no-role' THEN 'unknown_host'
	ELSE 'undocumented' END, count(*) FROM conversations GROUP BY 1, 2;
CREATE TEMP TABLE talkers AS
	SELECT client_host AS host FROM conversations WHERE client_host IS NOT NULL AND packets_client > 0
	UNION SELECT server_host FROM conversations WHERE server_host IS NOT NULL AND packets_server > 0;
INSERT INTO coverage_unseen SELECT audit, id FROM hosts WHERE id NOT IN (SELECT host FROM talkers);
DROP TABLE talkers;
CREATE TEMP TABLE servers AS SELECT h.id FROM hosts h JOIN audits a ON a.id = h.audit
	WHERE EXISTS (SELECT 1 FROM roles r WHERE r.matrix = a.matrix AND r.server AND h.roles & r.mask);
INSERT OR IGNORE INTO coverage_strangers
	SELECT audit, client FROM conversations WHERE NOT noise AND client_host IS NULL AND packets_client > 0
		AND server_host IN (SELECT id FROM servers)
	UNION SELECT audit, server FROM conversations WHERE NOT noise AND server_host IS NULL AND packets_server > 0
		AND client_host IN (SELECT id FROM servers);
DROP TABLE servers;
UPDATE audits SET strangers = (SELECT count(*) FROM coverage_strangers WHERE audit = audits.id),
	unseen = (SELECT count(*) FROM coverage_unseen WHERE audit = audits.id);

-- IPsec. Version 1 never filled its table of associations.
DROP TABLE security_associations;
-- One direction each, in the order of source, destination, encapsulation and SPI.
CREATE TABLE security_associations (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	source TEXT NOT NULL, destination TEXT NOT NULL,
	spi INTEGER NOT NULL CHECK (spi BETWEEN 0 AND 4294967295),
	encapsulation TEXT NOT NULL CHECK (encapsulation IN ('esp', 'ah', 'wesp', 'esp-in-udp', 'esp-in-tcp')),
	payload TEXT NOT NULL CHECK (payload IN ('undecided', 'encrypted', 'null', 'wesp-clear', 'ah')),
	mode TEXT NOT NULL CHECK (mode IN ('unknown', 'transport', 'tunnel', 'both')),
	sure INTEGER NOT NULL CHECK (sure IN (0, 1)),	-- it is IPsec, not something else on port 4500
	source_port INTEGER NOT NULL, destination_port INTEGER NOT NULL,	-- in UDP or TCP; else 0
	packets INTEGER NOT NULL, bytes INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
	lost INTEGER NOT NULL,	-- sequence numbers that were skipped and did not come later
	gaps INTEGER NOT NULL, late INTEGER NOT NULL, duplicates INTEGER NOT NULL, restarts INTEGER NOT NULL,
	tested INTEGER NOT NULL, opaque INTEGER NOT NULL, read INTEGER NOT NULL,	-- packets: looked at, of these without meaning; read as flows
	pace INTEGER NOT NULL,	-- of codecs' intervals, 20, 30 and 60 ms, the one that it keeps to: 0, 1 or 2
	pace_seconds INTEGER NOT NULL,	-- in a row; 0: it keeps to none
	inner_more INTEGER NOT NULL CHECK (inner_more IN (0, 1))	-- there were further talks inside
);
CREATE INDEX security_associations_audit ON security_associations (audit);
-- Who talks inside one that can be read.
CREATE TABLE association_talks (
	association INTEGER NOT NULL REFERENCES security_associations,
	position INTEGER NOT NULL,
	source TEXT NOT NULL, destination TEXT NOT NULL, transport TEXT NOT NULL,
	source_port INTEGER NOT NULL, destination_port INTEGER NOT NULL,
	packets INTEGER NOT NULL,
	PRIMARY KEY (association, position)
) WITHOUT ROWID;
CREATE TABLE association_frames (
	association INTEGER NOT NULL REFERENCES security_associations,
	position INTEGER NOT NULL,
	input INTEGER NOT NULL REFERENCES inputs, frame INTEGER NOT NULL,
	PRIMARY KEY (association, position)
) WITHOUT ROWID;
CREATE INDEX association_frames_input ON association_frames (input);
-- IKE and AuthIP, by time.
CREATE TABLE negotiations (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	initiator TEXT NOT NULL, responder TEXT NOT NULL,
	initiator_spi TEXT NOT NULL, responder_spi TEXT NOT NULL,	-- hexadecimal; of IKEv1 the cookies
	sides_known INTEGER NOT NULL CHECK (sides_known IN (0, 1)),
	nat_traversal INTEGER NOT NULL CHECK (nat_traversal IN (0, 1)),
	vendors INTEGER NOT NULL,	-- bits, in the order in which reports name them
	messages_initiator INTEGER NOT NULL, messages_responder INTEGER NOT NULL,
	retransmissions_initiator INTEGER NOT NULL, retransmissions_responder INTEGER NOT NULL,
	first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
	answer_ns INTEGER NOT NULL	-- the responder's first message; 0: not captured
);
CREATE INDEX negotiations_audit ON negotiations (audit);
CREATE TABLE negotiation_exchanges (
	negotiation INTEGER NOT NULL REFERENCES negotiations,
	position INTEGER NOT NULL,
	version INTEGER NOT NULL,	-- as on the wire: 16 IKEv1 and AuthIP, 32 IKEv2
	type INTEGER NOT NULL,	-- 243 to 246 under version 16: AuthIP
	messages_initiator INTEGER NOT NULL, messages_responder INTEGER NOT NULL,
	first_ns INTEGER NOT NULL,
	PRIMARY KEY (negotiation, position)
) WITHOUT ROWID;
CREATE TABLE negotiation_frames (
	negotiation INTEGER NOT NULL REFERENCES negotiations,
	position INTEGER NOT NULL,
	input INTEGER NOT NULL REFERENCES inputs, frame INTEGER NOT NULL,
	PRIMARY KEY (negotiation, position)
) WITHOUT ROWID;
CREATE INDEX negotiation_frames_input ON negotiation_frames (input);
-- What may be said of IPsec on the media of a role. clear_flows: media in the clear, the positive control.
CREATE TABLE ipsec_roles (
	audit INTEGER NOT NULL REFERENCES audits,
	role INTEGER NOT NULL,	-- roles.role
	on_media TEXT NOT NULL CHECK (on_media IN ('inconclusive', 'none-observed', 'observed')),
	reason TEXT NOT NULL,
	clear_flows INTEGER NOT NULL, associations INTEGER NOT NULL, negotiations INTEGER NOT NULL,
	PRIMARY KEY (audit, role)
) WITHOUT ROWID;
-- Packets of each sort, and records that found no room. No line: not assessed, as in version 1.
CREATE TABLE ipsec_packets (
	audit INTEGER PRIMARY KEY REFERENCES audits,
	esp INTEGER NOT NULL, ah INTEGER NOT NULL, wesp INTEGER NOT NULL, esp_in_udp INTEGER NOT NULL, esp_in_tcp INTEGER NOT NULL,
	ike INTEGER NOT NULL, keepalives INTEGER NOT NULL, malformed INTEGER NOT NULL, not_esp INTEGER NOT NULL,
	evicted_associations INTEGER NOT NULL, evicted_negotiations INTEGER NOT NULL
);

-- What hangs on an audit, children first.
DROP TRIGGER audits_delete;
CREATE TRIGGER audits_delete BEFORE DELETE ON audits BEGIN
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
