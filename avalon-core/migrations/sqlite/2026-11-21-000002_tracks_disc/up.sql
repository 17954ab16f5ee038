-- The number of the disc, which the default order needs. NULL where unknown, and in every row that
-- the original's scanner wrote, which does not name the column.
ALTER TABLE tracks ADD COLUMN disc INTEGER;
