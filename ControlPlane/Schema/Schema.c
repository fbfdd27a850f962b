#include "Schema.h"

// A migration that was released is never edited: databases remember its SHA-256. A new file gets an array
// here and a line in the table; a test compares the table with the folder.

static const unsigned char sql_0001[] = {
#embed "0001_roles.sql"
};
static const unsigned char sql_0002[] = {
#embed "0002_tenants.sql"
};
static const unsigned char sql_0003[] = {
#embed "0003_users.sql"
};
static const unsigned char sql_0004[] = {
#embed "0004_keys.sql"
};
static const unsigned char sql_0005[] = {
#embed "0005_domains.sql"
};
static const unsigned char sql_0006[] = {
#embed "0006_suppressions.sql"
};
static const unsigned char sql_0007[] = {
#embed "0007_webhooks.sql"
};
static const unsigned char sql_0008[] = {
#embed "0008_emails.sql"
};
static const unsigned char sql_0009[] = {
#embed "0009_partitions.sql"
};
static const unsigned char sql_0010[] = {
#embed "0010_nodes.sql"
};
static const unsigned char sql_0011[] = {
#embed "0011_snapshots.sql"
};
static const unsigned char sql_0012[] = {
#embed "0012_usage.sql"
};
static const unsigned char sql_0013[] = {
#embed "0013_audit.sql"
};
static const unsigned char sql_0014[] = {
#embed "0014_plan_rows.sql"
};
static const unsigned char sql_0015[] = {
#embed "0015_identity.sql"
};
static const unsigned char sql_0016[] = {
#embed "0016_node_keys.sql"
};
static const unsigned char sql_0017[] = {
#embed "0017_quiet_triggers.sql"
};
static const unsigned char sql_0018[] = {
#embed "0018_limits.sql"
};
static const unsigned char sql_0019[] = {
#embed "0019_shaping.sql"
};
static const unsigned char sql_0020[] = {
#embed "0020_dns_providers.sql"
};
static const unsigned char sql_0021[] = {
#embed "0021_templates.sql"
};
static const unsigned char sql_0022[] = {
#embed "0022_intake.sql"
};
static const unsigned char sql_0023[] = {
#embed "0023_message_log.sql"
};
static const unsigned char sql_0024[] = {
#embed "0024_domain_keys.sql"
};
static const unsigned char sql_0025[] = {
#embed "0025_usage_shares.sql"
};
static const unsigned char sql_0026[] = {
#embed "0026_rescheduled.sql"
};
static const unsigned char sql_0027[] = {
#embed "0027_tracking.sql"
};
static const unsigned char sql_0028[] = {
#embed "0028_captured.sql"
};
static const unsigned char sql_0029[] = {
#embed "0029_unsubscribe_offers.sql"
};
static const unsigned char sql_0030[] = {
#embed "0030_open_hours.sql"
};
static const unsigned char sql_0031[] = {
#embed "0031_analytics_and_audit.sql"
};
static const unsigned char sql_0032[] = {
#embed "0032_node_pauses.sql"
};
static const unsigned char sql_0034[] = {
#embed "0034_erasure.sql"
};
static const unsigned char sql_0035[] = {
#embed "0035_expiry.sql"
};
static const unsigned char sql_0036[] = {
#embed "0036_intake_indexes.sql"
};
static const unsigned char sql_0037[] = {
#embed "0037_node_lives.sql"
};

#define MIGRATION(name, bytes) {name, (const char *)bytes, sizeof bytes}

static const schema_migration table[] = {
    MIGRATION("0001_roles.sql", sql_0001),
    MIGRATION("0002_tenants.sql", sql_0002),
    MIGRATION("0003_users.sql", sql_0003),
    MIGRATION("0004_keys.sql", sql_0004),
    MIGRATION("0005_domains.sql", sql_0005),
    MIGRATION("0006_suppressions.sql", sql_0006),
    MIGRATION("0007_webhooks.sql", sql_0007),
    MIGRATION("0008_emails.sql", sql_0008),
    MIGRATION("0009_partitions.sql", sql_0009),
    MIGRATION("0010_nodes.sql", sql_0010),
    MIGRATION("0011_snapshots.sql", sql_0011),
    MIGRATION("0012_usage.sql", sql_0012),
    MIGRATION("0013_audit.sql", sql_0013),
    MIGRATION("0014_plan_rows.sql", sql_0014),
    MIGRATION("0015_identity.sql", sql_0015),
    MIGRATION("0016_node_keys.sql", sql_0016),
    MIGRATION("0017_quiet_triggers.sql", sql_0017),
    MIGRATION("0018_limits.sql", sql_0018),
    MIGRATION("0019_shaping.sql", sql_0019),
    MIGRATION("0020_dns_providers.sql", sql_0020),
    MIGRATION("0021_templates.sql", sql_0021),
    MIGRATION("0022_intake.sql", sql_0022),
    MIGRATION("0023_message_log.sql", sql_0023),
    MIGRATION("0024_domain_keys.sql", sql_0024),
    MIGRATION("0025_usage_shares.sql", sql_0025),
    MIGRATION("0026_rescheduled.sql", sql_0026),
    MIGRATION("0027_tracking.sql", sql_0027),
    MIGRATION("0028_captured.sql", sql_0028),
    MIGRATION("0029_unsubscribe_offers.sql", sql_0029),
    MIGRATION("0030_open_hours.sql", sql_0030),
    MIGRATION("0031_analytics_and_audit.sql", sql_0031),
    MIGRATION("0032_node_pauses.sql", sql_0032),
    MIGRATION("0034_erasure.sql", sql_0034),
    MIGRATION("0035_expiry.sql", sql_0035),
    MIGRATION("0036_intake_indexes.sql", sql_0036),
    MIGRATION("0037_node_lives.sql", sql_0037),
};

const schema_migration *schema_migrations(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}
