-- Columns that access needs in older tables
ALTER TABLE commands ADD COLUMN environments TEXT NOT NULL DEFAULT '[""]'
