"""Sends one record that a plugin rejects and prints what librdkafka says. Usage: rejected.py ADDR TOPIC VALUE"""
import sys

from confluent_kafka import Producer

addr, topic, value = sys.argv[1:]
producer = Producer({"bootstrap.servers": addr})
producer.produce(topic, value, on_delivery=lambda err, _: print(f"{err.name()} {err.str()}" if err else "sent"))
producer.flush(30)
