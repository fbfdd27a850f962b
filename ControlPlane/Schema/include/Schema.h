// The migrations, embedded in the binary: one entry for each file 0001_name.sql, in order.
#pragma once
#include <stddef.h>

typedef struct {
    const char *name;
    const char *sql;
    size_t length;
} schema_migration;

/// Returns the table of migrations and writes their number to `count`.
const schema_migration *schema_migrations(size_t *count);
