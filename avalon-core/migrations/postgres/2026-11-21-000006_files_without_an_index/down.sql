CREATE INDEX files_by_track_id ON files (track_id);
