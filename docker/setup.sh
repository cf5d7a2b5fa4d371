#!/bin/sh
# Makes the secrets of docker/compose.yaml. Run it as often as you like: a secret that is there is never changed.
set -eu

cd "$(dirname "$0")"
umask 077
mkdir -p secrets
# The folder keeps others on this machine out. The files themselves are readable, because each is mounted into containers
# whose users this machine does not know.
chmod 700 secrets

# 256 random bits that need no quotes in an address or in nats.conf.
random() {
  printf 'fk%s' "$(od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n')"
}

# keep NAME VALUE: puts the value into a file of that name, unless there is one.
keep() {
  [ ! -e "secrets/$1" ] || return 0
  printf '%s\n' "$2" > "secrets/$1.new"
  chmod 444 "secrets/$1.new"
  mv "secrets/$1.new" "secrets/$1"
  echo "made docker/secrets/$1"
}

keep secret_key "$(random)"
keep superuser_password "$(random)"
keep postgres_password "$(random)"
keep database_url "postgres://flowkeep:$(cat secrets/postgres_password)@postgres:5432/flowkeep"
for service in identity keys vault runner; do
  keep "database_url_$service" "postgres://flowkeep_$service:$(random)@postgres:5432/flowkeep"
done
for service in gateway identity keys vault runner; do
  keep "nats_password_$service" "$(random)"
done

cat << 'END'

The secrets are in docker/secrets. Keep a copy of secret_key apart from the data: without it nothing in the vault can be
read. The first user is flowkeep, with the password in superuser_password. Next:

  docker compose -f docker/compose.yaml up --build -d
END
