/*
 * Stage 10, inside: every statement, X(enumerator, SQL). All are prepared when a database is opened. The parameters of the PUT_
 * statements are bound in the order of the columns: see the function of the same name.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

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
	X(PUT_ROW, "INSERT INTO printed_rows (id, matrix, document, tab, ordinal, role, service, port, protocol, kind) " \
	  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_RULE, "INSERT INTO rules (id, matrix, rule, subject, service, clients, clients_all, servers, servers_all, " \
	  "mtls_clients, either_way, either, port_side, media, media_range, evidence, implied, inferred, exempt, security, " \
	  "presence, absence, condition, gloss, remark, reason, until, site_own, file, line, \"column\") VALUES (?, ?, ?, ?, " \
	  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_RULE_TRANSPORT, "INSERT INTO rule_transports (rule, position, proto, transport) VALUES (?, ?, ?, ?)") \
	X(PUT_RULE_PORT, "INSERT INTO rule_ports (rule, position, lo, hi) VALUES (?, ?, ?, ?)") \
	X(PUT_RULE_APP, "INSERT INTO rule_apps (rule, position, app) VALUES (?, ?, ?)") \
	X(PUT_CITATION, "INSERT INTO citations (rule, position, printed_row, place) VALUES (?, ?, ?, ?)") \
	X(LAST_MATRIX, "SELECT id, sha256, (SELECT count(*) FROM documents WHERE matrix = m.id), (SELECT count(*) FROM " \
	  "printed_rows WHERE matrix = m.id), (SELECT count(*) FROM rules WHERE matrix = m.id) FROM matrices m " \
	  "ORDER BY stored DESC LIMIT 1") \
	X(GET_DOCUMENTS, "SELECT document, title, edition, language, date, source, product, listed_only FROM documents WHERE " \
	  "matrix = ? ORDER BY id") \
	X(GET_ROWS, "SELECT document, tab, ordinal, role, service, port, protocol, kind FROM printed_rows WHERE matrix = " \
	  "? ORDER BY id") \
	X(GET_RULES, "SELECT rule, subject, service, clients, clients_all, servers, servers_all, mtls_clients, either_way, " \
	  "either, port_side, media, media_range, evidence, implied, inferred, exempt, security, presence, absence, " \
	  "condition, gloss, remark, reason, until, site_own, file, line, \"column\" FROM rules WHERE matrix = ? ORDER BY id") \
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
	X(PUT_AUDIT, "INSERT INTO audits (id, matrix, version, ndpi_version, pcap_version, sqlite_version, today, filter, " \
	  "site_file, site_name, site_sha256, product, load_balancing, audio_lo, audio_hi, video_lo, video_hi, sharing_lo, " \
	  "sharing_hi, client_lo, client_hi, frames, packets, bytes, first_ns, last_ns, covered_ns, duplicates, " \
	  "truncated_frames, undecoded, non_ip, tunneled, acked_unseen, tcp_data, one_way, two_way, flows, evicted_flows, " \
	  "dropped_flows, conversations, orphan_fragments, fragments, out_of_scope_flows, out_of_scope_packets, out_of_scope_bytes, " \
	  "kernel_drops, broken, interrupted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_FEATURE, "INSERT INTO site_features (audit, feature, state) VALUES (?, ?, ?)") \
	X(PUT_SITE_DOCUMENT, "INSERT INTO site_documents (audit, position, document) VALUES (?, ?, ?)") \
	X(PUT_HOST, "INSERT INTO hosts (id, audit, lo, hi, name, roles, line, \"column\") VALUES (?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_MEMBER, "INSERT INTO host_members (host, position, address) VALUES (?, ?, ?)") \
	X(PUT_HOST_PORT, "INSERT INTO host_ports (host, port, transport) VALUES (?, ?, ?)") \
	X(PUT_WAIVER, "INSERT INTO waivers (id, audit, finding, kind, client_lo, client_hi, server_lo, server_hi, port, " \
	  "transport, app, reason, owner, expires, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_INPUT, "INSERT INTO inputs (id, audit, position, name, sha256, format, compression, bytes, size, frames, " \
	  "filtered, first_ns, last_ns, backward, no_ts, truncated, snaplen, kernel_drops, interface_drops, " \
	  "interrupted, broken, broken_at, broken_why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	  "?, ?)") \
	X(PUT_DECODE, "INSERT INTO decode_counts (audit, position, layer, reason, defect, frames, first_frame) VALUES (?, " \
	  "?, ?, ?, ?, ?, ?)") \
	X(PUT_COVERAGE_ROLE, "INSERT INTO coverage_roles (audit, role, declared, seen) VALUES (?, ?, ?, ?)") \
	X(PUT_COVERAGE_PAIR, "INSERT INTO coverage_pairs (audit, client, server, conversations, one_way) VALUES (?, ?, ?, ?, ?)") \
	X(PUT_CONVERSATION, "INSERT INTO conversations (id, audit, client, server, port, transport, app, app_master, app_sub, " \
	  "app_by, client_host, server_host, client_roles, server_roles, flows, packets_client, packets_server, bytes_client, " \
	  "bytes_server, first_ns, last_ns, established, midstream, answered, unanswered, server_only, refused_rst, " \
	  "refused_icmp, filtered_icmp, data_client, data_server, truncated, gaps, ah, duplicates, facts, tls_min, tls_max, " \
	  "client_port_lo, client_port_hi, direction, input, frame, app_input, app_frame, in_scope, attempt_only, noise, " \
	  "answer, failed, certainty, rule, rules, swapped, condition_open) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	  "?, ?, ?)") \
	X(PUT_CONVERSATION_RULE, "INSERT INTO conversation_rules (conversation, position, rule) VALUES (?, ?, ?)") \
	X(PUT_FINDING, "INSERT INTO findings (id, audit, finding, kind, severity, certainty, title, reason, client, " \
	  "client_name, client_roles, server, server_name, server_roles, port, transport, app, rule, nearest, flows, packets, " \
	  "bytes, first_ns, last_ns, waiver, waiver_expired) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
	  "?, ?, ?, ?, ?, ?, ?)") \
	X(PUT_FINDING_CITATION, "INSERT INTO finding_citations (finding, position, printed_row) VALUES (?, ?, ?)") \
	X(PUT_EVIDENCE, "INSERT INTO evidence (finding, position, input, frame) VALUES (?, ?, ?, ?)") \
	X(PUT_ROW_STATE, "INSERT INTO row_states (audit, printed_row, state, reason, flows, first_ns, last_ns) VALUES (?, ?, " \
	  "?, ?, ?, ?, ?)")

enum stmt {
#define X(e, sql) STMT_##e,
	STORE_SQL(X)
#undef X
	STMT_COUNT
};

#endif
