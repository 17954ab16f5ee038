-- What the scanner remembers from one scan to the next. Times are nanoseconds since 1970; paths are
-- bytes, as the system has them, beside a text to look at.

-- Every file below the roots, whatever it is. `kind` is track, skipped (sound that cannot be read) or
-- other (no sound). Album, artist and genre are the file's own spellings: of several of one id the
-- last path's names it. `mapping` is the version of our reading of tags, `digest` a hash of the row in
-- tracks, `fingerprint` one of the sound, by which a moved file is known again.
CREATE TABLE files (
	id BIGINT PRIMARY KEY,
	path BYTEA NOT NULL,
	path_text TEXT NOT NULL,
	kind TEXT NOT NULL,
	size BIGINT NOT NULL,
	mtime_ns BIGINT NOT NULL,
	ctime_ns BIGINT NOT NULL,
	inode BIGINT NOT NULL,
	mapping INTEGER NOT NULL,
	read_ns BIGINT NOT NULL,
	added_ns BIGINT NOT NULL,
	fingerprint BYTEA,
	digest BIGINT,
	track_id UUID,
	album TEXT,
	artist TEXT,
	genre TEXT
);
CREATE INDEX files_by_track_id ON files (track_id);

-- The roots of the library: as typed, as ids have them (`key`), and where they really are.
CREATE TABLE scan_roots (
	id BIGINT PRIMARY KEY,
	typed BYTEA NOT NULL,
	key BYTEA NOT NULL,
	absolute BYTEA NOT NULL,
	path_text TEXT NOT NULL,
	is_mount_point BOOLEAN NOT NULL
);

-- What is wrong with files and folders as of the last scan, also of files that it did not open again.
CREATE TABLE scan_issues (
	id BIGINT PRIMARY KEY,
	path BYTEA NOT NULL,
	path_text TEXT NOT NULL,
	kind TEXT NOT NULL,
	message TEXT NOT NULL
);

-- The last hundred scans. The generation grows with every scan that changed what is served.
CREATE TABLE scans (
	id BIGINT PRIMARY KEY,
	generation BIGINT NOT NULL,
	version TEXT NOT NULL,
	scope TEXT NOT NULL,
	roots TEXT NOT NULL,
	started_ns BIGINT NOT NULL,
	seconds DOUBLE PRECISION NOT NULL,
	seen BIGINT NOT NULL,
	read BIGINT NOT NULL,
	unchanged BIGINT NOT NULL,
	added BIGINT NOT NULL,
	changed BIGINT NOT NULL,
	moved BIGINT NOT NULL,
	removed BIGINT NOT NULL,
	tracks BIGINT NOT NULL,
	skipped BIGINT NOT NULL,
	warnings BIGINT NOT NULL,
	other BIGINT NOT NULL
);
