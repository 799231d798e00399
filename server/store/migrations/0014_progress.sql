-- What runs do that are not over, and what their cancels and time-outs killed
ALTER TABLE invocations ADD COLUMN progress TEXT NOT NULL DEFAULT 'null';
ALTER TABLE invocations ADD COLUMN killed TEXT NOT NULL DEFAULT '[]';
ALTER TABLE invocations ADD COLUMN killed_count BIGINT NOT NULL DEFAULT 0
