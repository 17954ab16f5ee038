-- Finds at once whether any row of tracks was written by another program, which leaves our columns
-- NULL. It is empty as long as the library is ours.
CREATE INDEX tracks_of_other_programs ON tracks (format) WHERE format IS NULL;
