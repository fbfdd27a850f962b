-- Which tokens of an account are void, as a time: nodes compare it with a token's `iat` (whole seconds).

ALTER TABLE users
    DROP COLUMN token_generation,
    ADD COLUMN tokens_void_before timestamptz NOT NULL DEFAULT 'epoch',
    ADD CONSTRAINT users_void_before_whole_seconds CHECK (tokens_void_before = date_trunc('second', tokens_void_before));

-- Voids every token that was issued so far. One that is issued within this very second carries the next.
CREATE FUNCTION next_second() RETURNS timestamptz
    LANGUAGE sql STABLE
    RETURN date_trunc('second', now()) + interval '1 second';

-- Nodes learn which tokens are void, and who is a member.
CREATE TRIGGER users_voided AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.tokens_void_before IS DISTINCT FROM NEW.tokens_void_before)
    EXECUTE FUNCTION bump_global_chunk();
CREATE TRIGGER memberships_changed AFTER INSERT OR UPDATE OR DELETE ON memberships
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
