-- From version 3 to version 4, which schema.sql describes. A file that went this way has the same tables as a fresh one.

-- What --keep lets go is found by its time at each flush.
CREATE INDEX watch_findings_ended ON watch_findings (ended_ns);
CREATE INDEX watch_files_time ON watch_files (ts_ns);
