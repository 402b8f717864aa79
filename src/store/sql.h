/*
 * Stage 10, inside: every statement, X(enumerator, SQL). All are prepared when a database is opened. The parameters of the PUT_
 * statements are bound in the order of the columns: see the function of the same name.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

/* Those that are used in two ways. */
#define SQL_PUT_AUDIT \
	"INSERT INTO audits (id, matrix, version, ndpi_version, pcap_version, sqlite_version, today, filter, site_file, " \
	"site_name, site_sha256, product, load_balancing, audio_lo, audio_hi, video_lo, video_hi, sharing_lo, " \
	"sharing_hi, client_lo, client_hi, frames, packets, bytes, first_ns, last_ns, covered_ns, duplicates, " \
	"truncated_frames, undecoded, non_ip, tunneled, acked_unseen, tcp_data, one_way, two_way, flows, evicted_flows, " \
	"dropped_flows, conversations, orphan_fragments, fragments, out_of_scope_flows, out_of_scope_packets, " \
	"out_of_scope_bytes, kernel_drops, broken, interrupted, command, site_text, strangers, unseen, " \
	"out_of_scope_tcp_one_way, out_of_scope_tcp_answered, first_conversation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	"?, ?, ?, ?, ?, ?, ?, ?)"
#define SQL_AGAIN_AUDIT \
	" ON CONFLICT (id) DO UPDATE SET today = excluded.today, frames = excluded.frames, packets = excluded.packets, " \
	"bytes = excluded.bytes, first_ns = excluded.first_ns, last_ns = excluded.last_ns, covered_ns = " \
	"excluded.covered_ns, duplicates = excluded.duplicates, truncated_frames = excluded.truncated_frames, undecoded " \
	"= excluded.undecoded, non_ip = excluded.non_ip, tunneled = excluded.tunneled, acked_unseen = " \
	"excluded.acked_unseen, tcp_data = excluded.tcp_data, one_way = excluded.one_way, two_way = excluded.two_way, " \
	"flows = excluded.flows, evicted_flows = excluded.evicted_flows, dropped_flows = excluded.dropped_flows, " \
	"conversations = excluded.conversations, orphan_fragments = excluded.orphan_fragments, fragments = " \
	"excluded.fragments, out_of_scope_flows = excluded.out_of_scope_flows, out_of_scope_packets = " \
	"excluded.out_of_scope_packets, out_of_scope_bytes = excluded.out_of_scope_bytes, kernel_drops = " \
	"excluded.kernel_drops, broken = excluded.broken, interrupted = excluded.interrupted, command = " \
	"excluded.command, strangers = excluded.strangers, unseen = excluded.unseen, out_of_scope_tcp_one_way = " \
	"excluded.out_of_scope_tcp_one_way, out_of_scope_tcp_answered = excluded.out_of_scope_tcp_answered"
#define SQL_CONVERSATION \
	"INTO conversations (id, audit, client, server, port, transport, app, app_master, app_sub, app_by, client_host, " \
	"server_host, client_roles, server_roles, flows, packets_client, packets_server, bytes_client, bytes_server, " \
	"first_ns, last_ns, established, midstream, answered, unanswered, server_only, refused_rst, refused_icmp, " \
	"filtered_icmp, data_client, data_server, truncated, gaps, ah, duplicates, facts, tls_min, tls_max, " \
	"client_port_lo, client_port_hi, direction, input, frame, app_input, app_frame, in_scope, attempt_only, noise, " \
	"answer, failed, certainty, rule, rules, swapped, condition_open, tunnel, one_sided, hellos, server_hellos, " \
	"certificates, no_certificates, sibling, esp_null, sort_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define SQL_PUT_INPUT \
	"INSERT INTO inputs (id, audit, position, name, sha256, format, compression, bytes, size, frames, filtered, " \
	"first_ns, last_ns, backward, no_ts, truncated, snaplen, kernel_drops, interface_drops, interrupted, broken, " \
	"broken_at, broken_why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define SQL_AGAIN_INPUT \
	" ON CONFLICT (id) DO UPDATE SET sha256 = excluded.sha256, format = excluded.format, compression = " \
	"excluded.compression, bytes = excluded.bytes, size = excluded.size, frames = excluded.frames, filtered = " \
	"excluded.filtered, first_ns = excluded.first_ns, last_ns = excluded.last_ns, backward = excluded.backward, " \
	"no_ts = excluded.no_ts, truncated = excluded.truncated, snaplen = excluded.snaplen, kernel_drops = " \
	"excluded.kernel_drops, interface_drops = excluded.interface_drops, interrupted = excluded.interrupted, broken = " \
	"excluded.broken, broken_at = excluded.broken_at, broken_why = excluded.broken_why"
#define SQL_FINDING \
	"INTO findings (id, audit, finding, kind, severity, certainty, title, reason, client, client_name, client_roles, server, " \
	"server_name, server_roles, port, transport, app, rule, nearest, flows, packets, bytes, first_ns, last_ns, waiver, " \
	"waiver_expired, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define SQL_ROW_STATE \
	"INTO row_states (audit, printed_row, state, reason, flows, first_ns, last_ns, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
/* What a report tells of conversations; behind it, what an audit that goes on needs besides. */
#define SQL_CONVERSATIONS \
	"SELECT client, server, port, transport, app, app_by, client_host, server_host, client_roles, server_roles, flows, " \
	"packets_client, packets_server, bytes_client, bytes_server, first_ns, last_ns, answered, facts, tls_min, tls_max, " \
	"client_port_lo, client_port_hi, direction, input, frame, in_scope, attempt_only, noise, answer, failed, certainty, rule, tunnel"
#define SQL_CONVERSATIONS_REST \
	", app_master, app_sub, established, midstream, unanswered, server_only, refused_rst, refused_icmp, filtered_icmp, data_client, " \
	"data_server, truncated, gaps, ah, duplicates, app_input, app_frame, one_sided, hellos, server_hellos, certificates, " \
	"no_certificates, esp_null"
#define SQL_PAST \
	"INSERT INTO past_conversations (audit, client, server, port, transport, app, client_roles, server_roles, flows, " \
	"packets_client, packets_server, bytes_client, bytes_server, first_ns, last_ns, answer, rule) SELECT audit, " \
	"client, server, port, transport, app, client_roles, server_roles, flows, packets_client, packets_server, " \
	"bytes_client, bytes_server, first_ns, last_ns, answer, rule FROM conversations WHERE"

#define STORE_SQL(X) \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(BEGIN_READ, "BEGIN") \
	X(COMMIT, "COMMIT") \
	X(ROLLBACK, "ROLLBACK") \
	X(SAVE, "SAVEPOINT matrix") \
	X(KEEP, "RELEASE matrix") \
	X(UNDO, "ROLLBACK TO matrix") \
	X(NEXT_MATRIX, "SELECT coalesce(max(id), 0) + 1, coalesce(max(stored), 0) + 1 FROM matrices") \
	X(NEXT_MATRIX_IDS, "SELECT (SELECT coalesce(max(id), 0) + 1 FROM documents), (SELECT coalesce(max(id), 0) + 1 FROM " \
	  "printed_rows), (SELECT coalesce(max(id), 0) + 1 FROM rules)") \
	X(MATRIX_IDS, "SELECT coalesce((SELECT min(id) FROM documents WHERE matrix = ?1), 0), coalesce((SELECT min(id) FROM " \
	  "printed_rows WHERE matrix = ?1), 0), coalesce((SELECT min(id) FROM rules WHERE matrix = ?1), 0)") \
	X(NEXT_AUDIT_IDS, "SELECT (SELECT coalesce(max(id), 0) + 1 FROM audits), (SELECT coalesce(max(id), 0) + 1 FROM hosts), " \
	  "(SELECT coalesce(max(id), 0) + 1 FROM waivers), (SELECT coalesce(max(id), 0) + 1 FROM inputs), " \
	  "(SELECT coalesce(max(id), 0) + 1 FROM conversations), (SELECT coalesce(max(id), 0) + 1 FROM " \
	  "findings)") \
	X(FIND_MATRIX, "SELECT id FROM matrices WHERE digest = ?") \
	X(DIGEST_MATRIX, "UPDATE matrices SET digest = ? WHERE id = ?") \
	X(STORED_MATRIX, "UPDATE matrices SET stored = (SELECT max(stored) + 1 FROM matrices) WHERE id = ?") \
	X(PRUNE, "DELETE FROM matrices WHERE id <> ? AND id NOT IN (SELECT matrix FROM audits)") \
	X(PUT_MATRIX, "INSERT INTO matrices (id, sha256, digest, stored) VALUES (?, ?, ?, ?)") \
	X(PUT_ROLE, "INSERT INTO roles (matrix, role, name, english, server, mask) VALUES (?, ?, ?, ?, ?, ?)") \
	X(PUT_DOCUMENT, "INSERT INTO documents (id, matrix, document, title, edition, language, date, source, product, " \
	  "listed_only) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_ROW, "INSERT INTO printed_rows (id, matrix, document, tab, ordinal, role, service, port, protocol, kind, gloss) " \
	  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_RULE, "INSERT INTO rules (id, matrix, rule, subject, service, clients, clients_all, servers, servers_all, " \
	  "mtls_clients, either_way, either, port_side, media, media_range, evidence, announced, members, pair, implied, inferred, exempt, security, " \
	  "presence, absence, condition, gloss, remark, reason, until, exception, site_own, file, line, \"column\") VALUES (?, ?, ?, ?, ?, ?, ?, ?, " \
	  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_RULE_TRANSPORT, "INSERT INTO rule_transports (rule, position, proto, transport) VALUES (?, ?, ?, ?)") \
	X(PUT_RULE_PORT, "INSERT INTO rule_ports (rule, position, lo, hi) VALUES (?, ?, ?, ?)") \
	X(PUT_RULE_APP, "INSERT INTO rule_apps (rule, position, app) VALUES (?, ?, ?)") \
	X(PUT_CITATION, "INSERT INTO citations (rule, position, printed_row, place) VALUES (?, ?, ?, ?)") \
	X(ONE_MATRIX, "SELECT id, sha256, (SELECT count(*) FROM documents WHERE matrix = m.id), (SELECT count(*) FROM " \
	  "printed_rows WHERE matrix = m.id), (SELECT count(*) FROM rules WHERE matrix = m.id) FROM matrices m " \
	  "WHERE ?1 IN (0, id) ORDER BY stored DESC LIMIT 1") \
	X(GET_DOCUMENTS, "SELECT document, title, edition, language, date, source, product, listed_only FROM documents WHERE " \
	  "matrix = ? ORDER BY id") \
	X(GET_ROWS, "SELECT document, tab, ordinal, role, service, port, protocol, kind, gloss FROM printed_rows WHERE matrix = " \
	  "? ORDER BY id") \
	X(GET_RULES, "SELECT rule, subject, service, clients, clients_all, servers, servers_all, mtls_clients, either_way, " \
	  "either, port_side, media, media_range, evidence, announced, members, pair, implied, inferred, exempt, security, presence, absence, " \
	  "condition, gloss, remark, reason, until, exception, site_own, file, line, \"column\" FROM rules WHERE matrix = ? ORDER BY id") \
	X(GET_TRANSPORTS, "SELECT t.rule, t.proto FROM rule_transports t JOIN rules r ON r.id = t.rule WHERE r.matrix = ? ORDER " \
	  "BY t.rule, t.position") \
	X(GET_PORTS, "SELECT p.rule, p.lo, p.hi FROM rule_ports p JOIN rules r ON r.id = p.rule WHERE r.matrix = ? ORDER " \
	  "BY p.rule, p.position") \
	X(GET_APPS, "SELECT a.rule, a.app FROM rule_apps a JOIN rules r ON r.id = a.rule WHERE r.matrix = ? ORDER BY " \
	  "a.rule, a.position") \
	X(GET_CITATIONS, "SELECT c.rule, c.printed_row FROM citations c JOIN rules r ON r.id = c.rule WHERE r.matrix = ? ORDER " \
	  "BY c.rule, c.position") \
	X(GET_ROW_RULES, "SELECT c.printed_row, c.rule FROM citations c JOIN printed_rows r ON r.id = c.printed_row WHERE " \
	  "r.matrix = ? ORDER BY c.printed_row, c.place") \
	X(PUT_AUDIT, SQL_PUT_AUDIT) \
	X(PUT_RUNNING_AUDIT, SQL_PUT_AUDIT SQL_AGAIN_AUDIT) \
	X(PUT_FEATURE, "INSERT INTO site_features (audit, feature, state) VALUES (?, ?, ?)") \
	X(PUT_SITE_DOCUMENT, "INSERT INTO site_documents (audit, position, document) VALUES (?, ?, ?)") \
	X(PUT_HOST, "INSERT INTO hosts (id, audit, lo, hi, name, roles, line, \"column\") VALUES (?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_MEMBER, "INSERT INTO host_members (host, position, address) VALUES (?, ?, ?)") \
	X(PUT_HOST_PORT, "INSERT INTO host_ports (host, port, transport) VALUES (?, ?, ?)") \
	X(PUT_WAIVER, "INSERT INTO waivers (id, audit, finding, kind, client_lo, client_hi, server_lo, server_hi, port, " \
	  "transport, app, reason, owner, expires, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_INPUT, SQL_PUT_INPUT) \
	X(PUT_RUNNING_INPUT, SQL_PUT_INPUT SQL_AGAIN_INPUT) \
	X(PUT_DECODE, "INSERT INTO decode_counts (audit, position, layer, reason, defect, frames, first_frame) VALUES (?, " \
	  "?, ?, ?, ?, ?, ?)") \
	X(PUT_COVERAGE_ROLE, "INSERT INTO coverage_roles (audit, role, declared, seen) VALUES (?, ?, ?, ?)") \
	X(PUT_COVERAGE_PAIR, "INSERT INTO coverage_pairs (audit, client, server, conversations, one_way) VALUES (?, ?, ?, ?, ?)") \
	X(PUT_SPAN, "INSERT INTO coverage_spans (audit, position, first_ns, last_ns, packets) VALUES (?, ?, ?, ?, ?)") \
	X(PUT_STRANGER, "INSERT INTO coverage_strangers (audit, address) VALUES (?, ?)") \
	X(PUT_UNSEEN, "INSERT INTO coverage_unseen (audit, host) VALUES (?, ?)") \
	X(PUT_CLASS, "INSERT INTO conversation_counts (audit, class, conversations) VALUES (?, ?, ?)") \
	X(PUT_CONVERSATION, "INSERT " SQL_CONVERSATION) \
	X(PUT_RUNNING_CONVERSATION, "INSERT OR REPLACE " SQL_CONVERSATION) \
	X(PUT_CONVERSATION_RULE, "INSERT INTO conversation_rules (conversation, position, rule) VALUES (?, ?, ?)") \
	X(PUT_FINDING, "INSERT " SQL_FINDING) \
	X(PUT_RUNNING_FINDING, "INSERT OR REPLACE " SQL_FINDING) \
	X(PUT_FINDING_CITATION, "INSERT INTO finding_citations (finding, position, printed_row) VALUES (?, ?, ?)") \
	X(PUT_EVIDENCE, "INSERT INTO evidence (finding, position, input, frame) VALUES (?, ?, ?, ?)") \
	X(PUT_ROW_STATE, "INSERT " SQL_ROW_STATE) \
	X(PUT_RUNNING_ROW_STATE, "INSERT OR REPLACE " SQL_ROW_STATE) \
	X(NEXT_IPSEC_IDS, "SELECT (SELECT coalesce(max(id), 0) + 1 FROM security_associations), (SELECT coalesce(max(id), 0) + 1 FROM " \
	  "negotiations)") \
	X(PUT_SA, "INSERT INTO security_associations (id, audit, source, destination, spi, encapsulation, payload, mode, sure, " \
	  "source_port, destination_port, packets, bytes, first_ns, last_ns, lost, gaps, late, duplicates, restarts, " \
	  "tested, opaque, read, pace, pace_seconds, inner_more) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	  "?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_SA_TALK, "INSERT INTO association_talks (association, position, source, destination, transport, source_port, " \
	  "destination_port, packets) VALUES (?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_SA_FRAME, "INSERT INTO association_frames (association, position, input, frame) VALUES (?, ?, ?, ?)") \
	X(PUT_IKE, "INSERT INTO negotiations (id, audit, initiator, responder, initiator_spi, responder_spi, sides_known, " \
	  "nat_traversal, vendors, messages_initiator, messages_responder, retransmissions_initiator, " \
	  "retransmissions_responder, first_ns, last_ns, answer_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_IKE_EXCHANGE, "INSERT INTO negotiation_exchanges (negotiation, position, version, type, messages_initiator, messages_responder, " \
	  "first_ns) VALUES (?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_IKE_FRAME, "INSERT INTO negotiation_frames (negotiation, position, input, frame) VALUES (?, ?, ?, ?)") \
	X(PUT_IPSEC_ROLE, "INSERT INTO ipsec_roles (audit, role, on_media, reason, clear_flows, associations, negotiations, said) VALUES (" \
	  "?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_IPSEC_PACKETS, "INSERT INTO ipsec_packets (audit, esp, ah, wesp, esp_in_udp, esp_in_tcp, ike, keepalives, malformed, not_esp, " \
	  "evicted_associations, evicted_negotiations) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(IPSEC_SIZE, "SELECT (SELECT count(*) FROM security_associations WHERE audit = ?1), (SELECT count(*) FROM negotiations WHERE " \
	  "audit = ?1), (SELECT count(*) FROM ipsec_roles WHERE audit = ?1)") \
	X(GET_SAS, "SELECT id, source, destination, spi, encapsulation, payload, mode, sure, source_port, destination_port, packets, " \
	  "bytes, first_ns, last_ns, lost, gaps, late, duplicates, restarts, tested, opaque, read, pace, pace_seconds, " \
	  "inner_more FROM security_associations WHERE audit = ? ORDER BY id") \
	X(GET_SA_TALKS, "SELECT t.association, t.source, t.destination, t.transport, t.source_port, t.destination_port, t.packets FROM " \
	  "security_associations s JOIN association_talks t ON t.association = s.id WHERE s.audit = ? ORDER BY " \
	  "t.association, t.position") \
	X(GET_SA_FRAMES, "SELECT f.association, f.position, f.input, f.frame FROM security_associations s JOIN association_frames f ON " \
	  "f.association = s.id WHERE s.audit = ?") \
	X(GET_IKES, "SELECT id, initiator, responder, initiator_spi, responder_spi, sides_known, nat_traversal, vendors, " \
	  "messages_initiator, messages_responder, retransmissions_initiator, retransmissions_responder, first_ns, last_ns, " \
	  "answer_ns FROM negotiations WHERE audit = ? ORDER BY id") \
	X(GET_IKE_EXCHANGES, "SELECT x.negotiation, x.version, x.type, x.messages_initiator, x.messages_responder, x.first_ns FROM " \
	  "negotiations n JOIN negotiation_exchanges x ON x.negotiation = n.id WHERE n.audit = ? ORDER BY x.negotiation, " \
	  "x.position") \
	X(GET_IKE_FRAMES, "SELECT f.negotiation, f.position, f.input, f.frame FROM negotiations n JOIN negotiation_frames f ON " \
	  "f.negotiation = n.id WHERE n.audit = ?") \
	X(GET_IPSEC_ROLES, "SELECT role, on_media, reason, clear_flows, associations, negotiations, said FROM ipsec_roles WHERE audit = ? ORDER BY " \
	  "role") \
	X(GET_IPSEC_PACKETS, "SELECT esp, ah, wesp, esp_in_udp, esp_in_tcp, ike, keepalives, malformed, not_esp, evicted_associations, " \
	  "evicted_negotiations FROM ipsec_packets WHERE audit = ?") \
	X(LIST_AUDITS, "SELECT a.id, a.version, a.site_name, a.site_file, a.today, a.first_ns, a.last_ns, (SELECT count(*) FROM " \
	  "inputs WHERE audit = a.id), a.conversations, (SELECT count(*) FROM findings WHERE audit = a.id) FROM audits a ORDER BY a.id") \
	X(FIND_AUDIT, "SELECT id FROM audits WHERE ?1 IN (0, id) ORDER BY id DESC LIMIT 1") \
	X(LAST_AUDIT, "SELECT ifnull(max(id), 0) FROM audits") \
	X(GET_AUDIT, "SELECT matrix, version, ndpi_version, pcap_version, sqlite_version, today, filter, command, site_file, " \
	  "site_name, site_sha256, site_text, product, load_balancing, audio_lo, audio_hi, video_lo, video_hi, sharing_lo, " \
	  "sharing_hi, client_lo, client_hi, frames, packets, bytes, first_ns, last_ns, covered_ns, duplicates, " \
	  "truncated_frames, undecoded, non_ip, tunneled, acked_unseen, tcp_data, one_way, two_way, flows, evicted_flows, " \
	  "dropped_flows, conversations, orphan_fragments, fragments, out_of_scope_flows, out_of_scope_packets, " \
	  "out_of_scope_bytes, ifnull(out_of_scope_tcp_one_way, 0), ifnull(out_of_scope_tcp_answered, 0), strangers, unseen, " \
	  "kernel_drops, broken, interrupted, ifnull(watch_window_ns, 0), iif(watch_window_ns, ifnull(watch_flushed_ns, 0), 0), " \
	  "ifnull(first_conversation, 0), watch_started_ns IS NOT NULL FROM audits WHERE id = ?") \
	X(COUNT_AUDIT, "SELECT (SELECT count(*) FROM inputs WHERE audit = ?1), (SELECT count(*) FROM hosts WHERE audit = ?1), " \
	  "(SELECT count(*) FROM waivers WHERE audit = ?1), (SELECT count(*) FROM site_documents WHERE audit = ?1), " \
	  "(SELECT count(*) FROM decode_counts WHERE audit = ?1), (SELECT count(*) FROM coverage_roles WHERE audit = ?1), " \
	  "(SELECT count(*) FROM coverage_pairs WHERE audit = ?1), (SELECT count(*) FROM coverage_spans WHERE audit = ?1), " \
	  "(SELECT count(*) FROM coverage_strangers WHERE audit = ?1), (SELECT count(*) FROM coverage_unseen WHERE audit = ?1), " \
	  "(SELECT count(*) FROM findings WHERE audit = ?1), (SELECT count(*) FROM row_states WHERE audit = ?1), " \
	  "(SELECT ifnull(min(id), 0) FROM inputs WHERE audit = ?1), (SELECT ifnull(min(id), 0) FROM hosts WHERE audit = ?1), " \
	  "(SELECT ifnull(min(id), 0) FROM waivers WHERE audit = ?1)") \
	X(GET_OWN_ROLES, "SELECT name FROM roles WHERE matrix = ? AND english IS NULL ORDER BY role") \
	X(GET_FEATURES, "SELECT feature, state FROM site_features WHERE audit = ? ORDER BY feature") \
	X(GET_SITE_DOCUMENTS, "SELECT document FROM site_documents WHERE audit = ? ORDER BY position") \
	X(GET_HOSTS, "SELECT lo, hi, name, roles, line, \"column\" FROM hosts WHERE audit = ? ORDER BY id") \
	X(GET_MEMBERS, "SELECT m.host, m.address FROM hosts h JOIN host_members m ON m.host = h.id WHERE h.audit = ? ORDER BY " \
	  "m.host, m.position") \
	X(GET_HOST_PORTS, "SELECT p.host, p.port, p.transport FROM hosts h JOIN host_ports p ON p.host = h.id WHERE h.audit = ? " \
	  "ORDER BY p.host, p.port, p.transport") \
	X(GET_WAIVERS, "SELECT finding, kind, client_lo, client_hi, server_lo, server_hi, port, transport, app, reason, owner, " \
	  "expires, line FROM waivers WHERE audit = ? ORDER BY id") \
	X(GET_INPUTS, "SELECT name, sha256, format, compression, bytes, size, frames, filtered, first_ns, last_ns, backward, no_ts, " \
	  "truncated, snaplen, kernel_drops, interface_drops, interrupted, broken, broken_at, broken_why FROM inputs WHERE " \
	  "audit = ? ORDER BY position") \
	X(GET_DECODE, "SELECT layer, reason, defect, frames, first_frame FROM decode_counts WHERE audit = ? ORDER BY position") \
	X(GET_COVERAGE_ROLES, "SELECT role, declared, seen FROM coverage_roles WHERE audit = ? ORDER BY role") \
	X(GET_COVERAGE_PAIRS, "SELECT client, server, conversations, one_way FROM coverage_pairs WHERE audit = ? ORDER BY client, server") \
	X(GET_SPANS, "SELECT first_ns, last_ns, packets FROM coverage_spans WHERE audit = ? ORDER BY position") \
	X(GET_STRANGERS, "SELECT address FROM coverage_strangers WHERE audit = ? ORDER BY address") \
	X(GET_UNSEEN, "SELECT host FROM coverage_unseen WHERE audit = ? ORDER BY host") \
	X(GET_CLASSES, "SELECT class, conversations FROM conversation_counts WHERE audit = ? ORDER BY class") \
	X(GET_FINDINGS, "SELECT id, finding, kind, severity, certainty, reason, client, client_name, client_roles, server, " \
	  "server_name, server_roles, port, transport, app, rule, nearest, flows, packets, bytes, first_ns, last_ns, waiver, " \
	  "waiver_expired, said FROM findings WHERE audit = ? ORDER BY id") \
	X(GET_FINDING_CITATIONS, "SELECT c.finding, c.printed_row FROM findings f JOIN finding_citations c ON c.finding = f.id " \
	  "WHERE f.audit = ? ORDER BY c.finding, c.position") \
	X(GET_EVIDENCE, "SELECT e.finding, e.input, e.frame FROM findings f JOIN evidence e ON e.finding = f.id WHERE f.audit = ? " \
	  "ORDER BY e.finding, e.position") \
	X(GET_ROW_STATES, "SELECT printed_row, state, reason, flows, first_ns, last_ns, said FROM row_states WHERE audit = ? ORDER BY " \
	  "printed_row") \
	X(GET_CONVERSATIONS, SQL_CONVERSATIONS " FROM conversations WHERE id BETWEEN ? AND ? ORDER BY id") \
	X(GET_RUNNING_CONVERSATIONS, SQL_CONVERSATIONS SQL_CONVERSATIONS_REST " FROM conversations WHERE audit = ? ORDER BY sort_key") \
	X(FIND_RUNNING, "SELECT id, matrix, site_sha256, filter FROM audits WHERE watch_started_ns IS NOT NULL ORDER BY id DESC LIMIT 1") \
	X(MARK_RUNNING, "UPDATE audits SET watch_started_ns = ifnull(watch_started_ns, ?2), watch_flushed_ns = ?3, watch_ended_ns = ?4, " \
	  "watch_window_ns = ?5 WHERE id = ?1") \
	X(RUNNING_IDS, "SELECT (SELECT matrix FROM audits WHERE id = ?1), (SELECT ifnull(min(id), 0) FROM hosts WHERE audit = ?1)") \
	X(PUT_WATCH_IPSEC, "INSERT OR REPLACE INTO watch_ipsec (audit, part, slot, last_ns, tunnel, state) VALUES (?, ?, ?, ?, ?, ?)") \
	X(GET_WATCH_IPSEC, "SELECT part, slot, last_ns, tunnel, CASE WHEN length(state) <= 65536 THEN state END FROM watch_ipsec WHERE " \
	  "audit = ? AND last_ns >= ? ORDER BY id") \
	X(CLEAR_WATCH_IPSEC, "DELETE FROM watch_ipsec") \
	X(CLOSE_RUNNING, "UPDATE audits SET watch_ended_ns = watch_flushed_ns WHERE watch_started_ns IS NOT NULL AND watch_ended_ns IS NULL AND " \
	  "id <> ?") \
	X(DROP_SA_TALKS, "DELETE FROM association_talks WHERE association = ?") \
	X(DROP_SA_FRAMES, "DELETE FROM association_frames WHERE association = ?") \
	X(DROP_SA, "DELETE FROM security_associations WHERE id = ?") \
	X(DROP_IKE_EXCHANGES, "DELETE FROM negotiation_exchanges WHERE negotiation = ?") \
	X(DROP_IKE_FRAMES, "DELETE FROM negotiation_frames WHERE negotiation = ?") \
	X(DROP_IKE, "DELETE FROM negotiations WHERE id = ?") \
	X(GET_TOLD, "SELECT finding, first_told_ns, last_told_ns FROM watch_findings WHERE audit = ? AND ended_ns IS NULL ORDER BY finding") \
	X(PUT_TOLD, "INSERT OR REPLACE INTO watch_findings (audit, finding, first_told_ns, last_told_ns, ended_ns) VALUES (?, ?, ?, ?, ?)") \
	X(PUT_ALERT, "INSERT INTO watch_alerts (audit, ts_ns, alert, message) VALUES (?, ?, ?, ?)") \
	X(PUT_FILE, "INSERT OR REPLACE INTO watch_files (audit, finding, ts_ns, file, sha256, why) VALUES (?, ?, ?, ?, ?, ?)") \
	X(PUT_POINT, "INSERT OR REPLACE INTO watch_counts (audit, interface, ts_ns, up, frames, received, kernel_drops, interface_drops) " \
	  "VALUES (?, ?, ?, ?, ?, ?, ?, ?)") \
	X(CLEAR_FLOWS, "DELETE FROM watch_flows") \
	X(PUT_FLOWS, "INSERT INTO watch_flows (audit, part, flows) VALUES (?, ?, ?)") \
	X(GET_FLOWS, "SELECT iif(length(flows) <= ?2, flows, NULL) FROM watch_flows WHERE audit = ?1 ORDER BY part LIMIT ?3") \
	X(PAST_CONVERSATION, SQL_PAST " id = ?") \
	X(PAST_CONVERSATIONS, SQL_PAST " audit = ? AND last_ns < ?") \
	X(DROP_CONVERSATION, "DELETE FROM conversations WHERE id = ?") \
	X(DROP_CONVERSATION_RULES, "DELETE FROM conversation_rules WHERE conversation = ?") \
	X(DROP_FINDING, "DELETE FROM findings WHERE id = ?") \
	X(DROP_FINDING_CITATIONS, "DELETE FROM finding_citations WHERE finding = ?") \
	X(DROP_EVIDENCE, "DELETE FROM evidence WHERE finding = ?") \
	X(AGE_PAST, "DELETE FROM past_conversations WHERE id IN (SELECT id FROM past_conversations WHERE last_ns < ? LIMIT 500)") \
	X(AGE_ALERTS, "DELETE FROM watch_alerts WHERE id IN (SELECT l.id FROM audits a CROSS JOIN watch_alerts l ON l.audit = a.id WHERE " \
	  "a.watch_started_ns IS NOT NULL AND l.ts_ns < ? LIMIT 500)") \
	X(AGE_COUNTS, "DELETE FROM watch_counts WHERE (audit, interface, ts_ns) IN (SELECT c.audit, c.interface, c.ts_ns FROM inputs i CROSS " \
	  "JOIN watch_counts c ON c.audit = i.audit AND c.interface = i.name WHERE c.ts_ns < ? LIMIT 500)") \
	X(AGE_TOLD, "DELETE FROM watch_findings WHERE (audit, finding, first_told_ns) IN (SELECT audit, finding, first_told_ns FROM " \
	  "watch_findings WHERE ended_ns < ? LIMIT 500)") \
	X(AGE_FILES, "DELETE FROM watch_files WHERE (audit, finding, ts_ns) IN (SELECT audit, finding, ts_ns FROM watch_files WHERE ts_ns < ? " \
	  "LIMIT 500)") \
	X(AGE_FIND, "SELECT id FROM audits WHERE watch_started_ns IS NOT NULL AND watch_flushed_ns < ?1 AND id <> ?2 ORDER BY id LIMIT 1") \
	X(AGE_RULES, "DELETE FROM conversation_rules WHERE conversation IN (SELECT id FROM conversations WHERE audit = ? ORDER BY id LIMIT 500)") \
	X(AGE_CONVERSATIONS, "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE audit = ? ORDER BY id LIMIT 500)") \
	X(AGE_LEFT, "SELECT count(*) FROM (SELECT 1 FROM conversations WHERE audit = ? LIMIT 1)") \
	X(AGE_AUDIT, "DELETE FROM audits WHERE id = ?") \
	X(CLEAR_CONVERSATION_COUNTS, "DELETE FROM conversation_counts WHERE audit = ?") \
	X(CLEAR_DECODE_COUNTS, "DELETE FROM decode_counts WHERE audit = ?") \
	X(CLEAR_COVERAGE_ROLES, "DELETE FROM coverage_roles WHERE audit = ?") \
	X(CLEAR_COVERAGE_PAIRS, "DELETE FROM coverage_pairs WHERE audit = ?") \
	X(CLEAR_COVERAGE_SPANS, "DELETE FROM coverage_spans WHERE audit = ?") \
	X(CLEAR_COVERAGE_STRANGERS, "DELETE FROM coverage_strangers WHERE audit = ?") \
	X(CLEAR_COVERAGE_UNSEEN, "DELETE FROM coverage_unseen WHERE audit = ?") \
	X(CLEAR_ROW_STATES, "DELETE FROM row_states WHERE audit = ?") \
	X(CLEAR_IPSEC_ROLES, "DELETE FROM ipsec_roles WHERE audit = ?") \
	X(CLEAR_IPSEC_PACKETS, "DELETE FROM ipsec_packets WHERE audit = ?") \
	X(CLEAR_ASSOCIATION_TALKS, "DELETE FROM association_talks WHERE association IN (SELECT id FROM security_associations WHERE audit = ?)") \
	X(CLEAR_ASSOCIATION_FRAMES, "DELETE FROM association_frames WHERE association IN (SELECT id FROM security_associations WHERE audit = ?)") \
	X(CLEAR_SECURITY_ASSOCIATIONS, "DELETE FROM security_associations WHERE audit = ?") \
	X(CLEAR_NEGOTIATION_EXCHANGES, "DELETE FROM negotiation_exchanges WHERE negotiation IN (SELECT id FROM negotiations WHERE audit = ?)") \
	X(CLEAR_NEGOTIATION_FRAMES, "DELETE FROM negotiation_frames WHERE negotiation IN (SELECT id FROM negotiations WHERE audit = ?)") \
	X(CLEAR_NEGOTIATIONS, "DELETE FROM negotiations WHERE audit = ?") \
	X(CLEAR_EVIDENCE, "DELETE FROM evidence WHERE finding IN (SELECT id FROM findings WHERE audit = ?)") \
	X(CLEAR_FINDING_CITATIONS, "DELETE FROM finding_citations WHERE finding IN (SELECT id FROM findings WHERE audit = ?)") \
	X(CLEAR_FINDINGS, "DELETE FROM findings WHERE audit = ?") \
	X(CLEAR_CONVERSATION_RULES, "DELETE FROM conversation_rules WHERE conversation IN (SELECT id FROM conversations WHERE audit = ?)") \
	X(CLEAR_CONVERSATIONS, "DELETE FROM conversations WHERE audit = ?") \
	X(CLEAR_INPUTS, "DELETE FROM inputs WHERE audit = ?") \
	X(CLEAR_WAIVERS, "DELETE FROM waivers WHERE audit = ?") \
	X(CLEAR_HOST_MEMBERS, "DELETE FROM host_members WHERE host IN (SELECT id FROM hosts WHERE audit = ?)") \
	X(CLEAR_HOST_PORTS, "DELETE FROM host_ports WHERE host IN (SELECT id FROM hosts WHERE audit = ?)") \
	X(CLEAR_HOSTS, "DELETE FROM hosts WHERE audit = ?") \
	X(CLEAR_SITE_FEATURES, "DELETE FROM site_features WHERE audit = ?") \
	X(CLEAR_SITE_DOCUMENTS, "DELETE FROM site_documents WHERE audit = ?")

enum stmt {
#define X(e, sql) STMT_##e,
	STORE_SQL(X)
#undef X
	STMT_COUNT
};

#endif
