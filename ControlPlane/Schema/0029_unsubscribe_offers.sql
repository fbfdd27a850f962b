-- What is sent again offers what it offered before.
ALTER TABLE emails ADD COLUMN offers_unsubscribe boolean NOT NULL DEFAULT false;
