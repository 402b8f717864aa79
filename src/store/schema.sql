-- The audit database of spanaudit, version 4.
--
-- Made to be queried: begin with the views v_rows, v_findings, v_conversations and v_undocumented at the end.
--
-- One file holds any number of audits. What an audit found hangs on audits.id and goes with it: DELETE FROM audits WHERE id = 1.
-- Rules and printed rows hang on matrices.id: an audit keeps the matrix that it was made with.
--
-- Times are nanoseconds since 1970-01-01 UTC: datetime(first_ns / 1000000000, 'unixepoch'). Addresses are text as in RFC 5952.
-- Sets of roles are words of 64 bits: the column is & roles.mask where a role is in it, and -1 where any role will do.
-- "client" is who began to talk, "server" who was talked to. NULL is "not told" or "does not apply".
-- Sentences are in English. said is the same in parts, as JSON, so that reports can tell it in other languages: a message
-- ["message with %1$s", argument ...], or [["for one", "for many", number], argument ...]; arguments are words, numbers, {"date": ...},
-- lists ["", item ...] and messages.

-- One version of documents, printed rows, rules and role names.
CREATE TABLE matrices (
	id INTEGER PRIMARY KEY,
	sha256 TEXT NOT NULL,			-- of the rule and row files
	digest TEXT NOT NULL UNIQUE,		-- of all that is stored of it, the site's own rules and roles included
	stored INTEGER NOT NULL UNIQUE		-- the highest is the one that was stored last
);

-- The vocabulary of roles; those that a site added come behind the built-in ones.
CREATE TABLE roles (
	matrix INTEGER NOT NULL REFERENCES matrices ON DELETE CASCADE,
	role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 62),
	name TEXT NOT NULL,
	english TEXT,				-- NULL: a role of the site's own
	server INTEGER NOT NULL CHECK (server IN (0, 1)),	-- in the group "server"
	mask INTEGER NOT NULL,			-- 1 << role
	PRIMARY KEY (matrix, role),
	UNIQUE (matrix, name)
) WITHOUT ROWID;

CREATE TABLE documents (
	id INTEGER PRIMARY KEY,
	matrix INTEGER NOT NULL REFERENCES matrices ON DELETE CASCADE,
	document TEXT NOT NULL,			-- "sfb-2015-servers-es"
	title TEXT, edition TEXT, language TEXT, date TEXT, source TEXT,
	product TEXT NOT NULL CHECK (product IN ('any', 'lync-2013', 'skype-for-business-2015')),
	listed_only INTEGER NOT NULL CHECK (listed_only IN (0, 1)),	-- counts only where the site file lists it
	UNIQUE (matrix, document)
);

-- Printed rows, cells verbatim.
CREATE TABLE printed_rows (
	id INTEGER PRIMARY KEY,
	matrix INTEGER NOT NULL REFERENCES matrices ON DELETE CASCADE,
	document INTEGER NOT NULL REFERENCES documents,
	tab TEXT NOT NULL,			-- "T1" and so on; "P": a statement in prose
	ordinal INTEGER NOT NULL CHECK (ordinal >= 1),
	role TEXT, service TEXT, port TEXT, protocol TEXT,
	kind TEXT NOT NULL CHECK (kind IN ('rule', 'blank', 'statement')),
	-- Of a statement, in English; '' of a row, which has that of its rules.
	gloss TEXT NOT NULL DEFAULT '',
	UNIQUE (document, tab, ordinal)
);
CREATE INDEX printed_rows_matrix ON printed_rows (matrix);

-- What the rows mean.
CREATE TABLE rules (
	id INTEGER PRIMARY KEY,
	matrix INTEGER NOT NULL REFERENCES matrices ON DELETE CASCADE,
	rule TEXT NOT NULL,			-- the stable id
	subject TEXT, service TEXT,
	clients INTEGER NOT NULL,		-- roles: a client needs one of these ...
	clients_all INTEGER NOT NULL,		-- ... and all of these
	servers INTEGER NOT NULL,
	servers_all INTEGER NOT NULL,
	mtls_clients INTEGER NOT NULL,		-- mutual TLS is demanded of these clients only; 0: of all
	either_way INTEGER NOT NULL CHECK (either_way IN (0, 1)),
	either INTEGER NOT NULL,		-- then: clients that servers may connect to as well
	port_side TEXT NOT NULL CHECK (port_side IN ('server', 'client', 'either', 'none')),
	media INTEGER NOT NULL CHECK (media IN (0, 1)),
	media_range TEXT NOT NULL CHECK (media_range IN ('', 'audio', 'video', 'sharing', 'client')),
	evidence INTEGER NOT NULL CHECK (evidence IN (0, 1)),	-- never matched on the port alone
	implied INTEGER NOT NULL CHECK (implied IN (0, 1)),	-- follows from the row, which does not print it
	inferred INTEGER NOT NULL CHECK (inferred IN (0, 1)),	-- the row does not print this security
	exempt INTEGER NOT NULL CHECK (exempt IN (0, 1)),	-- where IPsec must be off
	security TEXT NOT NULL CHECK (security IN ('unstated', 'none', 'tls', 'mtls', 'tls-or-mtls')),
	presence TEXT NOT NULL CHECK (presence IN ('required', 'optional', 'conditional')),
	absence TEXT NOT NULL CHECK (absence IN ('strong', 'periodic', 'on-demand', 'weak', 'none')),
	condition TEXT, gloss TEXT, remark TEXT, reason TEXT,
	until TEXT,				-- YYYY-MM-DD, after which the row is no longer valid
	site_own INTEGER NOT NULL CHECK (site_own IN (0, 1)),	-- from the site file
	file TEXT, line INTEGER NOT NULL, "column" INTEGER NOT NULL,
	-- Who tells a client the ports; and whether servers are the members of the client's address.
	announced TEXT NOT NULL DEFAULT '' CHECK (announced IN ('', 'rpc', 'sql')),
	members INTEGER NOT NULL DEFAULT 0 CHECK (members IN (0, 1)),
	-- The first port is the server's, and the client's is one of all; where until does not hold.
	pair INTEGER NOT NULL DEFAULT 0 CHECK (pair IN (0, 1)),
	exception TEXT NOT NULL DEFAULT '',
	UNIQUE (matrix, rule)
);

CREATE TABLE rule_transports (
	rule INTEGER NOT NULL REFERENCES rules ON DELETE CASCADE,
	position INTEGER NOT NULL,
	proto INTEGER NOT NULL CHECK (proto BETWEEN 0 AND 255),	-- IP protocol number
	transport TEXT NOT NULL,
	PRIMARY KEY (rule, position)
) WITHOUT ROWID;

CREATE TABLE rule_ports (
	rule INTEGER NOT NULL REFERENCES rules ON DELETE CASCADE,
	position INTEGER NOT NULL,
	lo INTEGER NOT NULL CHECK (lo BETWEEN 0 AND 65535),
	hi INTEGER NOT NULL CHECK (hi BETWEEN lo AND 65535),
	PRIMARY KEY (rule, position)
) WITHOUT ROWID;

CREATE TABLE rule_apps (
	rule INTEGER NOT NULL REFERENCES rules ON DELETE CASCADE,
	position INTEGER NOT NULL,
	app TEXT NOT NULL,			-- without '.' it accepts its sub-protocols
	PRIMARY KEY (rule, position)
) WITHOUT ROWID;

-- Which rule stands on which printed row.
CREATE TABLE citations (
	rule INTEGER NOT NULL REFERENCES rules ON DELETE CASCADE,
	position INTEGER NOT NULL,		-- among the citations of the rule
	printed_row INTEGER NOT NULL REFERENCES printed_rows ON DELETE CASCADE,
	place INTEGER,				-- among the rules of the row
	PRIMARY KEY (rule, position)
) WITHOUT ROWID;
CREATE INDEX citations_row ON citations (printed_row, place);

-- One run, and what its capture could show.
CREATE TABLE audits (
	id INTEGER PRIMARY KEY,
	matrix INTEGER NOT NULL REFERENCES matrices,
	version TEXT, ndpi_version TEXT, pcap_version TEXT, sqlite_version TEXT,
	today TEXT,				-- by which waivers expire
	filter TEXT,				-- that left packets out; NULL: none
	site_file TEXT, site_name TEXT, site_sha256 TEXT,	-- NULL: no site file
	product TEXT NOT NULL CHECK (product IN ('any', 'lync-2013', 'skype-for-business-2015')),
	load_balancing TEXT NOT NULL CHECK (load_balancing IN ('unknown', 'dns', 'hardware', 'none')),
	audio_lo INTEGER, audio_hi INTEGER, video_lo INTEGER, video_hi INTEGER,	-- media_ports
	sharing_lo INTEGER, sharing_hi INTEGER, client_lo INTEGER, client_hi INTEGER,
	frames INTEGER, packets INTEGER, bytes INTEGER, first_ns INTEGER, last_ns INTEGER,
	covered_ns INTEGER,			-- of which the capture was running
	duplicates INTEGER, truncated_frames INTEGER, undecoded INTEGER, non_ip INTEGER,
	tunneled INTEGER,			-- packets inside a tunnel
	acked_unseen INTEGER, tcp_data INTEGER, one_way INTEGER, two_way INTEGER,
	flows INTEGER, evicted_flows INTEGER,
	dropped_flows INTEGER,			-- for which --memory left no room: not judged
	conversations INTEGER, orphan_fragments INTEGER, fragments INTEGER,
	out_of_scope_flows INTEGER, out_of_scope_packets INTEGER, out_of_scope_bytes INTEGER,	-- between hosts that the site does not name
	kernel_drops INTEGER,			-- NULL: not told
	broken INTEGER CHECK (broken IN (0, 1)),	-- some input broke off
	interrupted INTEGER CHECK (interrupted IN (0, 1)),	-- a signal ended the reading before the end of the inputs
	-- What makes the same report again: without folders, outputs and --threads; NULL: not known (stored by version 1).
	command TEXT,
	-- The site file itself; NULL: none, or stored by version 1.
	site_text TEXT,
	-- Hosts that the site file does not name, in traffic with its servers; and definitions of it whose hosts sent nothing: how many.
	strangers INTEGER,
	unseen INTEGER,
	-- Connections between hosts that the site file does not name: captured on one side only though both spoke, and on both.
	out_of_scope_tcp_one_way INTEGER,
	out_of_scope_tcp_answered INTEGER,
	-- Of its conversations, which have consecutive numbers in the order of server, port, transport, client and application.
	first_conversation INTEGER,
	-- Of a running audit ('spanaudit watch'; else NULL): its first start, the last flush, the end of the last start (NULL: it is running, or
	-- was killed), and for how long a conversation may be silent and still be part of it. Its conversations are in the order of sort_key.
	watch_started_ns INTEGER, watch_flushed_ns INTEGER, watch_ended_ns INTEGER, watch_window_ns INTEGER
);
CREATE INDEX audits_matrix ON audits (matrix);

CREATE TABLE site_features (
	audit INTEGER NOT NULL REFERENCES audits,
	feature TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('unknown', 'no', 'yes')),
	PRIMARY KEY (audit, feature)
) WITHOUT ROWID;

CREATE TABLE site_documents (
	audit INTEGER NOT NULL REFERENCES audits,
	position INTEGER NOT NULL,
	document TEXT NOT NULL,			-- as the site file has it
	PRIMARY KEY (audit, position)
) WITHOUT ROWID;

-- Definitions of the site file.
CREATE TABLE hosts (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	lo TEXT NOT NULL, hi TEXT NOT NULL,	-- the same: one address
	name TEXT,
	roles INTEGER NOT NULL,
	line INTEGER NOT NULL, "column" INTEGER NOT NULL
);
CREATE INDEX hosts_audit ON hosts (audit);

CREATE TABLE host_members (
	host INTEGER NOT NULL REFERENCES hosts,
	position INTEGER NOT NULL,
	address TEXT NOT NULL,
	PRIMARY KEY (host, position)
) WITHOUT ROWID;

-- The roles of the host hold for these ports only; none: for all.
CREATE TABLE host_ports (
	host INTEGER NOT NULL REFERENCES hosts,
	port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
	transport TEXT NOT NULL,
	PRIMARY KEY (host, port, transport)
) WITHOUT ROWID;

CREATE TABLE waivers (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	finding TEXT,				-- an id; NULL: by the terms
	kind TEXT, client_lo TEXT, client_hi TEXT, server_lo TEXT, server_hi TEXT,	-- NULL: any
	port INTEGER CHECK (port BETWEEN 0 AND 65535), transport TEXT, app TEXT,
	reason TEXT NOT NULL, owner TEXT NOT NULL, expires TEXT,
	line INTEGER NOT NULL
);
CREATE INDEX waivers_audit ON waivers (audit);

CREATE TABLE inputs (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	position INTEGER NOT NULL,
	name TEXT NOT NULL,			-- without the folder where the path was absolute; a second of the name is "name (2)"
	sha256 TEXT,				-- NULL: not asked for
	format TEXT, compression TEXT,
	bytes INTEGER NOT NULL, size INTEGER NOT NULL,
	frames INTEGER NOT NULL, filtered INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
	backward INTEGER NOT NULL, no_ts INTEGER NOT NULL, truncated INTEGER NOT NULL, snaplen INTEGER NOT NULL,
	kernel_drops INTEGER, interface_drops INTEGER,	-- NULL: not told
	interrupted INTEGER NOT NULL CHECK (interrupted IN (0, 1)),	-- it was not read to its end
	broken INTEGER NOT NULL CHECK (broken IN (0, 1)),	-- it did not end where it should
	broken_at INTEGER, broken_why TEXT,	-- broken_at NULL: it could not be read at all
	UNIQUE (audit, position), UNIQUE (audit, name), CHECK (last_ns >= first_ns)
);

-- Frames that are no IP, or could not be decoded, by layer and reason.
CREATE TABLE decode_counts (
	audit INTEGER NOT NULL REFERENCES audits,
	position INTEGER NOT NULL,
	layer TEXT NOT NULL, reason TEXT NOT NULL,
	defect INTEGER NOT NULL CHECK (defect IN (0, 1)),	-- 0: legitimately no IP
	frames INTEGER NOT NULL, first_frame INTEGER NOT NULL,
	PRIMARY KEY (audit, position)
) WITHOUT ROWID;

CREATE TABLE coverage_roles (
	audit INTEGER NOT NULL REFERENCES audits,
	role INTEGER NOT NULL,
	declared INTEGER NOT NULL,		-- definitions in the site file
	seen INTEGER NOT NULL,
	PRIMARY KEY (audit, role)
) WITHOUT ROWID;

CREATE TABLE coverage_pairs (
	audit INTEGER NOT NULL REFERENCES audits,
	client INTEGER NOT NULL, server INTEGER NOT NULL,	-- roles
	conversations INTEGER NOT NULL, one_way INTEGER NOT NULL,
	PRIMARY KEY (audit, client, server)
) WITHOUT ROWID;

-- What our own parsers saw: bits of conversations.facts.
CREATE TABLE facts (
	mask INTEGER PRIMARY KEY,
	fact TEXT NOT NULL UNIQUE
);
INSERT INTO facts VALUES
	(1, 'tls-record'), (2, 'tls-client-hello'), (4, 'tls-server-hello'), (8, 'certificate-request'), (16, 'client-certificate'),
	(32, 'no-client-certificate'), (64, 'tls-1.3'), (128, 'tls-resumed'), (256, 'sip-clear'), (512, 'http-clear'), (1024, 'media'),
	(2048, 'isakmp'), (4096, 'esp-in-udp'), (8192, 'tls-alert'), (16384, 'tls-gap'),
	(32768, 'tls-handshake-done'), (65536, 'not-tls'), (131072, 'announced-by-endpoint-mapper'), (262144, 'announced-by-sql-browser');

-- Who talked what to whom: flows folded by client, server, server port, transport and application.
-- These two tables may be long, so their references to hosts, inputs and rules are checked by who writes them, and not by SQLite.
CREATE TABLE conversations (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	client TEXT NOT NULL, server TEXT NOT NULL,
	port INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),	-- the server's; 0 where the protocol has none
	transport TEXT NOT NULL CHECK (transport <> '' AND transport NOT GLOB '*[^a-z0-9]*'),
	app TEXT,
	app_master INTEGER NOT NULL, app_sub INTEGER NOT NULL,	-- nDPI's numbers, from 1024 on our own; 0 unknown
	app_by TEXT NOT NULL CHECK (app_by = 'none' OR app_by = 'port' OR app_by = 'dpi' OR app_by = 'own'),
	client_host INTEGER, server_host INTEGER,	-- hosts.id; NULL: unknown host
	client_roles INTEGER NOT NULL, server_roles INTEGER NOT NULL,
	flows INTEGER NOT NULL CHECK (flows >= 0),
	packets_client INTEGER NOT NULL, packets_server INTEGER NOT NULL,	-- those that the client sent, and the server
	bytes_client INTEGER NOT NULL, bytes_server INTEGER NOT NULL,
	first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
	established INTEGER NOT NULL,		-- TCP flows with a handshake; the following count flows too
	midstream INTEGER NOT NULL, answered INTEGER NOT NULL, unanswered INTEGER NOT NULL, server_only INTEGER NOT NULL,
	refused_rst INTEGER NOT NULL, refused_icmp INTEGER NOT NULL, filtered_icmp INTEGER NOT NULL,
	data_client INTEGER NOT NULL, data_server INTEGER NOT NULL,
	truncated INTEGER NOT NULL, gaps INTEGER NOT NULL, ah INTEGER NOT NULL,
	duplicates INTEGER NOT NULL,		-- packets
	facts INTEGER NOT NULL,			-- & facts.mask: at least one flow showed it
	tls_min INTEGER, tls_max INTEGER,	-- 0x30 SSL 3 ... 0x34 TLS 1.3; NULL: none seen
	client_port_lo INTEGER NOT NULL, client_port_hi INTEGER NOT NULL,
	direction TEXT NOT NULL CHECK (direction = 'syn' OR direction = 'synack' OR direction = 'dissector' OR direction = 'role' OR direction = 'port' OR direction = 'first-packet'),	-- told by
	input INTEGER, frame INTEGER,		-- inputs.id and number of the first frame
	app_input INTEGER, app_frame INTEGER,	-- of that which decided the application; of TLS of that which tells version or certificate
	in_scope INTEGER NOT NULL CHECK (in_scope IN (0, 1)),	-- at least one side has a role
	attempt_only INTEGER NOT NULL CHECK (attempt_only IN (0, 1)),	-- nothing but unanswered or refused attempts
	noise INTEGER NOT NULL CHECK (noise IN (0, 1)),		-- housekeeping that no matrix speaks of
	answer TEXT NOT NULL CHECK (answer = 'no-role' OR answer = 'pair-unknown' OR answer = 'pair-known' OR answer = 'documented'),
	failed TEXT CHECK (failed = 'roles' OR failed = 'pair' OR failed = 'direction' OR failed = 'transport' OR failed = 'port' OR failed = 'condition' OR failed = 'application' OR failed = 'security'),
	certainty TEXT NOT NULL CHECK (certainty = 'certain' OR certainty = 'strong' OR certainty = 'probable' OR certainty = 'port-only' OR certainty = 'indeterminate'),
	rule INTEGER,				-- rules.id: the best that holds; where none does, the nearest
	rules INTEGER NOT NULL,			-- how many were found
	swapped INTEGER NOT NULL CHECK (swapped IN (0, 1)),	-- matched with client and server exchanged
	condition_open INTEGER NOT NULL CHECK (condition_open IN (0, 1)),	-- not known whether the rule is in force here
	-- Stacks of tunnels, outer first ("gre/vxlan"); NULL: in none. Of the first flow.
	tunnel TEXT,
	-- Flows: both sides spoke and one was captured; with a ClientHello, a ServerHello, a client's certificate, a handshake without one.
	one_sided INTEGER NOT NULL DEFAULT 0,
	hellos INTEGER NOT NULL DEFAULT 0,
	server_hellos INTEGER NOT NULL DEFAULT 0,
	certificates INTEGER NOT NULL DEFAULT 0,
	no_certificates INTEGER NOT NULL DEFAULT 0,
	-- Documented, but this rule prints more security than was seen: rules.id.
	sibling INTEGER,
	-- Flows inside ESP without encryption.
	esp_null INTEGER NOT NULL DEFAULT 0,
	-- Of a running audit: server, port, transport, client and application as bytes. NULL: the numbers are in that order.
	sort_key BLOB,
	CHECK (last_ns >= first_ns),
	UNIQUE (audit, server, port, transport, client, app_master, app_sub, app_by)
);
-- The rules that document a conversation, best first (at most 8).
CREATE TABLE conversation_rules (
	conversation INTEGER NOT NULL,		-- conversations.id
	position INTEGER NOT NULL,
	rule INTEGER NOT NULL,			-- rules.id
	PRIMARY KEY (conversation, position)
) WITHOUT ROWID;

-- Most severe first, in the order of id.
CREATE TABLE findings (
	id INTEGER PRIMARY KEY,
	audit INTEGER NOT NULL REFERENCES audits,
	finding TEXT NOT NULL,			-- of kind and key: the same in every audit
	kind TEXT NOT NULL CHECK (kind IN ('undocumented-flow', 'unknown-host', 'wrong-protocol', 'cleartext', 'no-client-certificate',
	    'obsolete-tls', 'wrong-direction', 'blocked-flow', 'missing-flow', 'obsolete-row', 'scan', 'ipsec-media', 'ipsec-role',
	    'ipsec-negotiation', 'ipsec-tunnel', 'capture-loss', 'capture-one-way', 'capture-truncated', 'capture-undecoded', 'capture-empty')),
	severity TEXT NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
	certainty TEXT NOT NULL CHECK (certainty IN ('certain', 'strong', 'probable', 'port-only', 'indeterminate')),
	title TEXT NOT NULL, reason TEXT,
	client TEXT, client_name TEXT, client_roles INTEGER NOT NULL,
	server TEXT, server_name TEXT, server_roles INTEGER NOT NULL,
	port INTEGER CHECK (port BETWEEN 0 AND 65535),	-- NULL: does not apply, or several
	transport TEXT CHECK (transport <> '' AND transport NOT GLOB '*[^a-z0-9]*'), app TEXT,
	rule INTEGER REFERENCES rules,
	nearest INTEGER REFERENCES rules,	-- where no rule fits: the nearest, which is not cited
	flows INTEGER NOT NULL CHECK (flows >= 0), packets INTEGER NOT NULL, bytes INTEGER NOT NULL,
	first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
	waiver INTEGER REFERENCES waivers,
	waiver_expired INTEGER NOT NULL CHECK (waiver_expired IN (0, 1)),
	said TEXT,				-- the reason in parts
	CHECK (last_ns >= first_ns), CHECK (rule IS NULL OR nearest IS NULL),
	UNIQUE (audit, finding)
);
CREATE INDEX findings_rule ON findings (rule) WHERE rule IS NOT NULL;
CREATE INDEX findings_nearest ON findings (nearest) WHERE nearest IS NOT NULL;
CREATE INDEX findings_waiver ON findings (waiver) WHERE waiver IS NOT NULL;

CREATE TABLE finding_citations (
	finding INTEGER NOT NULL REFERENCES findings,
	position INTEGER NOT NULL,
	printed_row INTEGER NOT NULL REFERENCES printed_rows,
	PRIMARY KEY (finding, position)
) WITHOUT ROWID;
CREATE INDEX finding_citations_row ON finding_citations (printed_row);

-- Frames that show it, numbered as Wireshark does.
CREATE TABLE evidence (
	finding INTEGER NOT NULL REFERENCES findings,
	position INTEGER NOT NULL,
	input INTEGER NOT NULL REFERENCES inputs,
	frame INTEGER NOT NULL,
	PRIMARY KEY (finding, position)
) WITHOUT ROWID;
CREATE INDEX evidence_input ON evidence (input);

-- What became of each printed row.
CREATE TABLE row_states (
	audit INTEGER NOT NULL REFERENCES audits,
	printed_row INTEGER NOT NULL REFERENCES printed_rows,
	state TEXT NOT NULL CHECK (state IN ('observed', 'attempted', 'missing', 'not-observed', 'inconclusive', 'not-applicable',
	    'blank', 'statement')),
	reason TEXT,
	flows INTEGER NOT NULL CHECK (flows >= 0 AND (state <> 'missing' OR flows = 0) AND (state <> 'observed' OR flows > 0)),
	first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL CHECK (last_ns >= first_ns),
	said TEXT,				-- the reason in parts
	PRIMARY KEY (audit, printed_row)
) WITHOUT ROWID;
CREATE INDEX row_states_row ON row_states (printed_row);

-- How many conversations there are of each class; each counts once, by the first that holds.
CREATE TABLE conversation_counts (
	audit INTEGER NOT NULL REFERENCES audits,
	class TEXT NOT NULL CHECK (class IN ('documented', 'documented_weaker', 'undocumented', 'unknown_host', 'out_of_scope', 'noise')),
	conversations INTEGER NOT NULL CHECK (conversations >= 0),
	PRIMARY KEY (audit, class)
) WITHOUT ROWID;

-- When the capture was running: no silence of more than ten minutes in it, and of a running audit no time without
-- it, or without any interface that was up.
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

-- IPsec security associations, one direction each, in the order of source, destination, encapsulation and SPI; of a running audit in none.
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
	said TEXT,				-- the reason in parts
	PRIMARY KEY (audit, role)
) WITHOUT ROWID;
-- Packets of each sort, and records that found no room. No line: not assessed, as in audits of version 1.
CREATE TABLE ipsec_packets (
	audit INTEGER PRIMARY KEY REFERENCES audits,
	esp INTEGER NOT NULL, ah INTEGER NOT NULL, wesp INTEGER NOT NULL, esp_in_udp INTEGER NOT NULL, esp_in_tcp INTEGER NOT NULL,
	ike INTEGER NOT NULL, keepalives INTEGER NOT NULL, malformed INTEGER NOT NULL, not_esp INTEGER NOT NULL,
	evicted_associations INTEGER NOT NULL, evicted_negotiations INTEGER NOT NULL
);

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
CREATE INDEX watch_findings_ended ON watch_findings (ended_ns);

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
CREATE INDEX watch_files_time ON watch_files (ts_ns);

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

-- Printed rows with their citation, the rules that cite them, and what became of them in each audit.
CREATE VIEW v_rows AS
SELECT a.id AS audit, d.document, r.tab AS "table", r.ordinal AS "row", d.document || '#' || r.tab || '.' || r.ordinal AS citation,
	r.role, r.service, r.port, r.protocol, r.kind,
	(SELECT group_concat(rule, ' ') FROM (SELECT u.rule FROM citations c JOIN rules u ON u.id = c.rule
		WHERE c.printed_row = r.id ORDER BY c.place)) AS rules,
	s.state, s.reason, s.flows, datetime(s.first_ns / 1000000000, 'unixepoch') AS first,
	datetime(s.last_ns / 1000000000, 'unixepoch') AS last
FROM audits a JOIN printed_rows r ON r.matrix = a.matrix JOIN documents d ON d.id = r.document
LEFT JOIN row_states s ON s.audit = a.id AND s.printed_row = r.id
ORDER BY a.id, r.id;

-- Findings with roles and citations as text.
CREATE VIEW v_findings AS
SELECT f.audit, f.finding, f.kind, f.severity, f.certainty, f.title, f.reason, f.client, f.client_name,
	(SELECT group_concat(name, ' ') FROM (SELECT name FROM roles WHERE matrix = a.matrix AND f.client_roles & mask ORDER BY role))
		AS client_roles,
	f.server, f.server_name,
	(SELECT group_concat(name, ' ') FROM (SELECT name FROM roles WHERE matrix = a.matrix AND f.server_roles & mask ORDER BY role))
		AS server_roles,
	f.port, f.transport, f.app, u.rule,
	(SELECT group_concat(citation, ' ') FROM (SELECT d.document || '#' || r.tab || '.' || r.ordinal AS citation
		FROM finding_citations c JOIN printed_rows r ON r.id = c.printed_row JOIN documents d ON d.id = r.document
		WHERE c.finding = f.id ORDER BY c.position)) AS citations,
	f.flows, f.packets, f.bytes, datetime(f.first_ns / 1000000000, 'unixepoch') AS first,
	datetime(f.last_ns / 1000000000, 'unixepoch') AS last,
	(SELECT group_concat(place, ' ') FROM (SELECT i.name || ':' || e.frame AS place FROM evidence e JOIN inputs i ON i.id = e.input
		WHERE e.finding = f.id ORDER BY e.position)) AS evidence,
	w.reason AS waiver, w.owner AS waiver_owner, w.expires AS waiver_expires, f.waiver_expired
FROM findings f JOIN audits a ON a.id = f.audit LEFT JOIN rules u ON u.id = f.rule LEFT JOIN waivers w ON w.id = f.waiver
ORDER BY f.id;

-- Conversations with roles and the rule as text.
CREATE VIEW v_conversations AS
SELECT c.audit, c.client,
	(SELECT group_concat(name, ' ') FROM (SELECT name FROM roles WHERE matrix = a.matrix AND c.client_roles & mask ORDER BY role))
		AS client_roles,
	c.server,
	(SELECT group_concat(name, ' ') FROM (SELECT name FROM roles WHERE matrix = a.matrix AND c.server_roles & mask ORDER BY role))
		AS server_roles,
	c.port, c.transport, c.app, c.app_by, c.answer, c.failed, c.certainty, u.rule, c.flows, c.packets_client, c.packets_server,
	c.bytes_client, c.bytes_server, datetime(c.first_ns / 1000000000, 'unixepoch') AS first,
	datetime(c.last_ns / 1000000000, 'unixepoch') AS last, c.in_scope, c.noise
FROM conversations c JOIN audits a ON a.id = c.audit LEFT JOIN rules u ON u.id = c.rule
ORDER BY c.id;

-- Those of hosts that the site names, and that no rule documents: rule is the nearest one, failed the step that fails in it.
CREATE VIEW v_undocumented AS
SELECT * FROM v_conversations WHERE answer <> 'documented' AND in_scope AND NOT noise;
