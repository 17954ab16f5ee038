-- Nothing asks for files by their track, and its upkeep was a twentieth of a first scan.
DROP INDEX files_by_track_id;
