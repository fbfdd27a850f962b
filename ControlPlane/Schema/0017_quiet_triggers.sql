-- A statement that changes no row publishes nothing.
--
-- The triggers of these tables fired for each statement, even for an INSERT that met a conflict or an UPDATE
-- that found no row: a publisher that looked after its keys could wake itself without end.

DROP TRIGGER cluster_settings_changed ON cluster_settings;
CREATE TRIGGER cluster_settings_changed AFTER INSERT OR DELETE ON cluster_settings
    FOR EACH ROW EXECUTE FUNCTION bump_global_chunk();
CREATE TRIGGER cluster_settings_updated AFTER UPDATE ON cluster_settings FOR EACH ROW
    WHEN ((OLD.name, OLD.value) IS DISTINCT FROM (NEW.name, NEW.value))
    EXECUTE FUNCTION bump_global_chunk();

DROP TRIGGER cluster_keys_changed ON cluster_keys;
CREATE TRIGGER cluster_keys_changed AFTER INSERT OR DELETE ON cluster_keys
    FOR EACH ROW EXECUTE FUNCTION bump_global_chunk();
CREATE TRIGGER cluster_keys_updated AFTER UPDATE ON cluster_keys FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION bump_global_chunk();

DROP TRIGGER signing_keys_changed ON signing_keys;
CREATE TRIGGER signing_keys_changed AFTER INSERT OR DELETE ON signing_keys
    FOR EACH ROW EXECUTE FUNCTION bump_global_chunk();
CREATE TRIGGER signing_keys_updated AFTER UPDATE ON signing_keys FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION bump_global_chunk();
