DROP TABLE tracks;
DROP TABLE genres;
DROP TABLE artists;
DROP TABLE albums;
