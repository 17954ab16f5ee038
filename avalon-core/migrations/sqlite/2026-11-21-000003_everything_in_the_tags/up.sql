-- What the tags and the sound say beyond the original's columns. NULL where they say nothing, and in
-- every row that the original's scanner wrote. artists, album_artists, genres, composers, isrcs and
-- labels are JSON arrays of strings, in the order of the tag; musicbrainz, gains and sort_names are
-- JSON objects. docs/database.md tells the columns one by one.
ALTER TABLE tracks ADD COLUMN artists TEXT;
ALTER TABLE tracks ADD COLUMN album_artists TEXT;
ALTER TABLE tracks ADD COLUMN genres TEXT;
ALTER TABLE tracks ADD COLUMN composers TEXT;
ALTER TABLE tracks ADD COLUMN track_total INTEGER;
ALTER TABLE tracks ADD COLUMN disc_total INTEGER;
ALTER TABLE tracks ADD COLUMN date TEXT;
ALTER TABLE tracks ADD COLUMN original_date TEXT;
ALTER TABLE tracks ADD COLUMN musicbrainz TEXT;
ALTER TABLE tracks ADD COLUMN gains TEXT;
ALTER TABLE tracks ADD COLUMN bpm REAL;
ALTER TABLE tracks ADD COLUMN isrcs TEXT;
ALTER TABLE tracks ADD COLUMN labels TEXT;
ALTER TABLE tracks ADD COLUMN compilation BOOLEAN;
ALTER TABLE tracks ADD COLUMN sort_names TEXT;
ALTER TABLE tracks ADD COLUMN comment TEXT;
ALTER TABLE tracks ADD COLUMN format TEXT;
ALTER TABLE tracks ADD COLUMN codec TEXT;
ALTER TABLE tracks ADD COLUMN bitrate INTEGER;
ALTER TABLE tracks ADD COLUMN sample_rate INTEGER;
ALTER TABLE tracks ADD COLUMN channels INTEGER;
ALTER TABLE tracks ADD COLUMN length_ms BIGINT;
