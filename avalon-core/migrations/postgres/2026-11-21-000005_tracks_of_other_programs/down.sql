DROP INDEX tracks_of_other_programs;
