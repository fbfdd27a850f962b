-- Captured mail, that of test keys, is read newest first: by its tenant, and by operators across all. There is
-- little of it, and mail that leaves has no part in these indexes.
CREATE INDEX emails_captured ON emails (tenant_id, accepted_at DESC, id DESC) WHERE mode = 'test';
CREATE INDEX emails_captured_newest ON emails (accepted_at DESC, id DESC) WHERE mode = 'test';
