-- In which hours of the day (UTC) each reader opened a tenant's mail: what a message leaves by that is to be
-- sent when its reader looks. Report intake counts; opens by machines are not among them.

CREATE TABLE open_hours (
    tenant_id uuid     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- Case-folded.
    address   text     NOT NULL,
    hour      smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    opens     bigint   NOT NULL,
    PRIMARY KEY (tenant_id, address, hour)
);
SELECT protect_tenant_table('open_hours');
-- A tenant erases an address.
GRANT SELECT, DELETE ON open_hours TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON open_hours TO dispatch_system;
