#!/bin/sh
# Starts NATS in its container with the services' passwords, which nats.conf reads from the environment.
set -eu

for service in gateway identity keys vault runner; do
  name=FLOWKEEP_NATS_PASSWORD_$(printf %s "$service" | tr a-z A-Z)
  password=$(cat "/run/secrets/nats_password_$service")
  export "$name=$password"
done
exec nats-server --config "$(dirname "$0")/nats.conf"
