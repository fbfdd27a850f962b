-- Templates of messages, every version of them, and the frames around a tenant's HTML.
--
-- Nodes get the newest version of each, in the chunk of its tenant. The service's own frame is the row
-- `master_template` of cluster_settings, in the chunk `global`.

CREATE TABLE templates (
    tenant_id  uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    slug       text        NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
    -- Rises with each change.
    version    integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    subject    text        NOT NULL,
    html_body  text,
    text_body  text,
    -- What the tenant says of the variables: samples by name.
    variables  jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(variables) = 'object'),
    created_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT templates_slug_key UNIQUE (tenant_id, slug),
    CONSTRAINT templates_have_a_body CHECK (num_nonnulls(html_body, text_body) > 0)
);
SELECT protect_tenant_table('templates');
GRANT SELECT, INSERT, UPDATE, DELETE ON templates TO dispatch_tenant, dispatch_system;

-- The versions, the newest too.
CREATE TABLE template_versions (
    tenant_id   uuid        NOT NULL,
    template_id uuid        NOT NULL,
    version     integer     NOT NULL,
    name        text        NOT NULL,
    slug        text        NOT NULL,
    subject     text        NOT NULL,
    html_body   text,
    text_body   text,
    variables   jsonb       NOT NULL,
    created_by  text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, template_id, version),
    FOREIGN KEY (tenant_id, template_id) REFERENCES templates (tenant_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('template_versions');
GRANT SELECT, INSERT, DELETE ON template_versions TO dispatch_tenant, dispatch_system;

CREATE TABLE master_templates (
    tenant_id  uuid        PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    html_body  text        NOT NULL,
    updated_by text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
SELECT protect_tenant_table('master_templates');
GRANT SELECT, INSERT, UPDATE, DELETE ON master_templates TO dispatch_tenant, dispatch_system;

CREATE TRIGGER templates_changed AFTER INSERT OR DELETE ON templates
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
CREATE TRIGGER templates_updated AFTER UPDATE ON templates FOR EACH ROW
    WHEN ((OLD.slug, OLD.subject, OLD.html_body, OLD.text_body)
        IS DISTINCT FROM (NEW.slug, NEW.subject, NEW.html_body, NEW.text_body))
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
CREATE TRIGGER master_templates_changed AFTER INSERT OR DELETE ON master_templates
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
CREATE TRIGGER master_templates_updated AFTER UPDATE ON master_templates FOR EACH ROW
    WHEN (OLD.html_body IS DISTINCT FROM NEW.html_body)
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
