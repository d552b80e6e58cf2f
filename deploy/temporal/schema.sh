#!/bin/sh
# Brings Temporal's two databases to the schema of the server's version. May be repeated: a database that has a schema is
# only updated. SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD say where they are.
set -eu

bring() {
  # The table of versions is there from the first time on.
  temporal-sql-tool --db "$1" update-schema --schema-name "$2" || {
    temporal-sql-tool --db "$1" setup-schema -v 0.0
    temporal-sql-tool --db "$1" update-schema --schema-name "$2"
  }
}

bring temporal postgresql/v12/temporal
bring temporal_visibility postgresql/v12/visibility
