-- What the tags and the sound say beyond the original's columns. NULL where they say nothing, and in
-- every row that the original's scanner wrote. artists, album_artists, genres, composers, isrcs and
-- labels are JSON arrays of strings, in the order of the tag; musicbrainz, gains and sort_names are
-- JSON objects. docs/database.md tells the columns one by one.
ALTER TABLE tracks
	ADD COLUMN artists TEXT,
	ADD COLUMN album_artists TEXT,
	ADD COLUMN genres TEXT,
	ADD COLUMN composers TEXT,
	ADD COLUMN track_total INTEGER,
	ADD COLUMN disc_total INTEGER,
	ADD COLUMN date TEXT,
	ADD COLUMN original_date TEXT,
	ADD COLUMN musicbrainz TEXT,
	ADD COLUMN gains TEXT,
	ADD COLUMN bpm DOUBLE PRECISION,
	ADD COLUMN isrcs TEXT,
	ADD COLUMN labels TEXT,
	ADD COLUMN compilation BOOLEAN,
	ADD COLUMN sort_names TEXT,
	ADD COLUMN comment TEXT,
	ADD COLUMN format TEXT,
	ADD COLUMN codec TEXT,
	ADD COLUMN bitrate INTEGER,
	ADD COLUMN sample_rate INTEGER,
	ADD COLUMN channels INTEGER,
	ADD COLUMN length_ms BIGINT;
