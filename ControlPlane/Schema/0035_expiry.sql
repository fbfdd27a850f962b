-- What is kept of people, and of who did what, is not kept for ever.

-- Hours of before count as if somebody had opened in them today.
ALTER TABLE open_hours ADD COLUMN last_opened date NOT NULL DEFAULT current_date;
CREATE INDEX open_hours_age ON open_hours (last_opened);

-- Old entries of the audit log may be deleted; nobody can touch those of the last 30 days, the service
-- included.
GRANT DELETE ON audit_log TO dispatch_system;
CREATE POLICY audit_log_kept ON audit_log AS RESTRICTIVE FOR DELETE TO dispatch_system
    USING (at < now() - interval '30 days');

CREATE INDEX dns_changes_age ON dns_changes (changed_at);
