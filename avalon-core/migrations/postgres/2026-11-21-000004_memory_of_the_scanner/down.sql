DROP TABLE scans;
DROP TABLE scan_issues;
DROP TABLE scan_roots;
DROP TABLE files;
