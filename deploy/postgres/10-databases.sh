#!/bin/bash
# Run once by the image of Postgres, when the data folder is empty: one role and its databases for each of elbow and
# Temporal. Neither is a superuser; elbow may make roles, because it makes the one that can only read.
set -euo pipefail

psql --no-psqlrc -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  -v elbow="$ELBOW_DB_PASSWORD" -v temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role elbow login createrole password :'elbow';
create role temporal login password :'temporal';
create database elbow owner elbow;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database temporal, temporal_visibility from public;
SQL
