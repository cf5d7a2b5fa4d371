#!/bin/sh
# A role per service, with the password of its secret, which may connect and nothing else until `migrate` gives it a schema
# of its own. PostgreSQL's image runs this on a new volume; it may run again, after a password was changed.
set -eu

query() {
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"
}

echo 'revoke all on database :"DBNAME" from public;' | query
for service in identity keys vault runner; do
  url=$(cat "/run/secrets/database_url_$service")
  password=${url#*://*:}
  export PASSWORD="${password%%@*}"
  query <<SQL
\\getenv password PASSWORD
select 'create role flowkeep_$service' where to_regrole('flowkeep_$service') is null \\gexec
alter role flowkeep_$service login password :'password';
grant connect on database :"DBNAME" to flowkeep_$service;
SQL
done
unset PASSWORD
