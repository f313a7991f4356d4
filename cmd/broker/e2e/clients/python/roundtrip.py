"""Produces, is interrupted by a broker restart, produces on, and consumes everything in a group (librdkafka).

Usage: roundtrip.py BOOTSTRAP. Prints "checkpoint" and waits for a line on stdin where the test restarts the broker.
"""
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, ResourceType

bootstrap = sys.argv[1]
common = {"bootstrap.servers": bootstrap, "reconnect.backoff.max.ms": 500}
topic = "confluent"


def check(ok, what):
    if not ok:
        sys.exit("FAILED: " + what)


def checkpoint():
    print("checkpoint", flush=True)
    sys.stdin.readline()


admin = AdminClient(common)
admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])[topic].result(30)
try:
    admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])[topic].result(30)
    check(False, "creating a topic twice must fail")
except KafkaException as e:
    check(e.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, f"wrong error {e}")
admin.create_partitions([NewPartitions(topic, 4)])[topic].result(30)
configs = list(admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values())[0].result(30)
check(configs["cleanup.policy"].value == "delete", "cleanup.policy is delete")

errors = []
producer = Producer({**common, "enable.idempotence": True, "linger.ms": 5, "compression.type": "lz4"})


def send(start, n):
    for i in range(start, start + n):
        producer.produce(topic, key=f"k{i % 7}", value=f"value-{i}", on_delivery=lambda err, _: err and errors.append(err))
        producer.poll(0)
    check(producer.flush(60) == 0, "everything was flushed")
    check(not errors, f"deliveries failed: {errors[:3]}")


send(0, 500)
checkpoint()
send(500, 500)

consumer = Consumer({**common, "group.id": "confluent-group", "auto.offset.reset": "earliest", "enable.auto.commit": False})
consumer.subscribe([topic])
seen = {}
end = time.monotonic() + 60
while len(seen) < 1000 and time.monotonic() < end:
    message = consumer.poll(0.5)
    if message is None:
        continue
    if message.error():
        check(message.error().retriable() or message.error().code() == KafkaError._PARTITION_EOF, str(message.error()))
        continue
    seen[message.value()] = seen.get(message.value(), 0) + 1
check(len(seen) == 1000 and set(seen.values()) == {1}, f"got {len(seen)} of 1000 messages, each once")
consumer.commit(asynchronous=False)
committed = consumer.committed([TopicPartition(topic, p) for p in range(4)], timeout=30)
check(sum(tp.offset for tp in committed) == 1000, "committed offsets add up")
low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
found = consumer.offsets_for_times([TopicPartition(topic, 0, 1)], timeout=30)
check(low == 0 and found[0].offset == 0 and high > 0, "watermarks and offsets for times")
group = admin.describe_consumer_groups(["confluent-group"])["confluent-group"].result(30)
check(len(group.members) == 1, "the group has one member")
consumer.close()
admin.delete_consumer_groups(["confluent-group"])["confluent-group"].result(30)
admin.delete_topics([topic])[topic].result(30)
print("ok")
