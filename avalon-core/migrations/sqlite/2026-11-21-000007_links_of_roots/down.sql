ALTER TABLE scan_roots DROP COLUMN follows_links;
