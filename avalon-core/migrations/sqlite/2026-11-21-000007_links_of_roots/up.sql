-- Whether the scan of a root went into folders through links: a scan of a part of it does so too.
ALTER TABLE scan_roots ADD COLUMN follows_links BOOLEAN NOT NULL DEFAULT FALSE;
