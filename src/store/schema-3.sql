-- From version 2 to version 3, which schema.sql describes: sentences in parts, for reports in other languages; NULL: stored before.
ALTER TABLE findings ADD COLUMN said TEXT;
ALTER TABLE row_states ADD COLUMN said TEXT;
ALTER TABLE ipsec_roles ADD COLUMN said TEXT;
