#!/bin/sh
# Starts the broker of docker-compose.yml in the official image: the walls are those of ops/local_stack/kafka.py
# (SCRAM for everybody, no right that deploy/topics.toml does not grant), which the image's own settings cannot express
# before the first start. KAFKA_ADMIN_PASSWORD comes from the environment.
set -eu
umask 077
login="required username=\"admin\" password=\"$KAFKA_ADMIN_PASSWORD\""
cat >/tmp/kraft.properties <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@kafka:9093
listeners=SASL_PLAINTEXT://:9092,CONTROLLER://:9093
advertised.listeners=SASL_PLAINTEXT://kafka:9092
controller.listener.names=CONTROLLER
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
inter.broker.listener.name=SASL_PLAINTEXT
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule $login;
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule $login user_admin="$KAFKA_ADMIN_PASSWORD";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin
allow.everyone.if.no.acl.found=false
log.dirs=/var/lib/kafka/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
if [ ! -f /var/lib/kafka/data/meta.properties ]; then
  # One word a line, in a file: a password has no place on a command line.
  printf '%s\n' format -t "$KAFKA_CLUSTER_ID" -c /tmp/kraft.properties \
    --add-scram "SCRAM-SHA-512=[name=admin,password=$KAFKA_ADMIN_PASSWORD]" >/tmp/words
  /opt/kafka/bin/kafka-run-class.sh kafka.tools.StorageTool @/tmp/words
  rm /tmp/words
fi
exec /opt/kafka/bin/kafka-server-start.sh /tmp/kraft.properties
