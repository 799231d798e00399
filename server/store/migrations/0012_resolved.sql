-- What a command's references to parameters stood for when it was sent, and in whose name its nodes ask for more
ALTER TABLE commands ADD COLUMN resolved TEXT NOT NULL DEFAULT '{}';
ALTER TABLE commands ADD COLUMN sender TEXT NOT NULL DEFAULT 'null'
