"""A foreign client: plays a workflow engine and a notifier with nothing of dashloom's but its .proto files.

    client.py produce BOOTSTRAP TOPIC WORKFLOW_ID   one execution in each accepted encoding, a week each
    client.py read BOOTSTRAP TOPIC COUNT            the first COUNT dashboard updates
    client.py show                                  how each encoding looks, without a broker

Each prints one JSON object a line. The message classes are generated from the .proto files at each start.
"""

import argparse
import datetime
import importlib
import json
import pathlib
import sys
import tempfile
import uuid

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import json_format
from grpc_tools import protoc
import grpc_tools

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
FIRST_DAY = datetime.date(2026, 11, 2)
SPEND_A_DAY = ["10.10", "20.20", "30.30", "0.01", "0.02", "0.03", "1000000.00"]
PATIENCE_S = 60


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("produce")
    command.add_argument("bootstrap")
    command.add_argument("topic")
    command.add_argument("workflow_id")
    command = commands.add_parser("read")
    command.add_argument("bootstrap")
    command.add_argument("topic")
    command.add_argument("count", type=int)
    commands.add_parser("show")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        contract = generate(directory)
        if arguments.command == "produce":
            produce(contract, arguments.bootstrap, arguments.topic, arguments.workflow_id)
        elif arguments.command == "read":
            read(contract, arguments.bootstrap, arguments.topic, arguments.count)
        else:
            show(contract)


class Contract:
    """The generated modules, one for each event."""

    def __init__(self):
        self.incoming = importlib.import_module("dashloom.v1.workflow_execution_succeeded_pb2")
        self.outgoing = importlib.import_module("dashloom.v1.dashboard_updated_pb2")


def generate(directory):
    """Generates the message classes from the .proto files into a directory and imports them."""
    files = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    status = protoc.main(["protoc", f"-I{PROTO}", f"-I{well_known}", f"--python_out={directory}", *files])
    if status != 0:
        sys.exit(f"protoc failed with status {status}")
    sys.path.insert(0, directory)
    return Contract()


def execution(contract, workflow_id, week):
    """A finished execution over the week so many weeks after the first, its result seven CSV rows."""
    start = FIRST_DAY + datetime.timedelta(weeks=week)
    days = [start + datetime.timedelta(days=day) for day in range(7)]
    rows = [f"{day},{spend}" for day, spend in zip(days, SPEND_A_DAY)]
    incoming = contract.incoming
    event = incoming.WorkflowExecutionSucceeded(
        execution_id=str(uuid.uuid4()),
        workflow_id=workflow_id,
        data_start_date=str(days[0]),
        data_end_date=str(days[-1]),
        requested_by="foreign client",
        columns=[incoming.ColumnHint(name="spend", role=incoming.COLUMN_ROLE_MEASURE, unit="EUR")],
        inline=incoming.InlineResult(
            format=incoming.RESULT_FORMAT_CSV,
            data="\n".join(["date,spend", *rows]).encode(),
        ),
    )
    finished = datetime.datetime.combine(days[-1], datetime.time(), datetime.timezone.utc)
    event.finished_at.FromDatetime(finished + datetime.timedelta(hours=30))
    return event


def encodings(contract, topic):
    """Every accepted encoding by name: from an event to the record's value and headers."""
    registry = SchemaRegistryClient.new_client({"url": "mock://foreign"})
    serializer = ProtobufSerializer(contract.incoming.WorkflowExecutionSucceeded, registry)
    context = SerializationContext(topic, MessageField.VALUE)

    def cloud_event(event, data, content_type):
        attributes = {
            "type": "engine.WorkflowExecutionSucceeded",
            "source": "/foreign-engine",
            "datacontenttype": content_type,
            "time": event.finished_at.ToDatetime(datetime.timezone.utc),
        }
        message = to_binary(CloudEvent(attributes, data), JSONFormat())
        return message.value, list(message.headers.items())

    def as_json(event, snake_case):
        return json_format.MessageToJson(event, preserving_proto_field_name=snake_case).encode()

    return {
        "protobuf": lambda event: cloud_event(event, event.SerializeToString(), "application/protobuf"),
        "json": lambda event: (as_json(event, False), [("content-type", b"application/json")]),
        "json-snake-case": lambda event: (as_json(event, True), [("content-type", b"application/json")]),
        "confluent": lambda event: (serializer(event, context), []),
    }


def produce(contract, bootstrap, topic, workflow_id):
    """Writes one execution in each encoding, consecutive weeks, and says what was written."""
    failures = []
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    for week, (name, encode) in enumerate(encodings(contract, topic).items()):
        event = execution(contract, workflow_id, week)
        value, headers = encode(event)
        producer.produce(
            topic,
            key=workflow_id,
            value=value,
            headers=headers,
            on_delivery=lambda error, _: failures.append(str(error)) if error else None,
        )
        tell(
            encoding=name,
            execution_id=event.execution_id,
            data_start_date=event.data_start_date,
            data_end_date=event.data_end_date,
        )
    if producer.flush(PATIENCE_S) or failures:
        sys.exit(f"not delivered: {failures}")


def read(contract, bootstrap, topic, count):
    """Reads the topic from its start and prints each event with what its CloudEvents headers say."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    for _ in range(count):
        record = consumer.poll(PATIENCE_S)
        if record is None:
            sys.exit(f"nothing more came in {PATIENCE_S} s")
        if record.error():
            sys.exit(str(record.error()))
        tell(**update(contract, record.key(), record.value(), dict(record.headers() or [])))
    consumer.close()


def update(contract, key, value, headers):
    """One dashboard update as the cloudevents package and the generated class read it."""
    cloud_event = from_binary(KafkaMessage(headers=headers, key=key, value=value), JSONFormat())
    event = contract.outgoing.DashboardUpdated.FromString(cloud_event.get_data())
    return {
        "key": key.decode(),
        "ce_id": cloud_event.get_id(),
        "ce_source": cloud_event.get_source(),
        "ce_type": cloud_event.get_type(),
        "ce_specversion": cloud_event.get_specversion(),
        "ce_time": cloud_event.get_time().isoformat(),
        "content_type": cloud_event.get_datacontenttype(),
        "traceparent": headers.get("traceparent", b"").decode(),
        "event": json_format.MessageToDict(event, preserving_proto_field_name=True),
    }


def show(contract):
    """Encodes an event in every encoding and prints the head of each value."""
    for name, encode in encodings(contract, "show").items():
        value, headers = encode(execution(contract, str(uuid.uuid4()), 0))
        tell(encoding=name, size_bytes=len(value), headers=[name for name, _ in headers], head=value[:8].hex())


def tell(**members):
    print(json.dumps(members), flush=True)


if __name__ == "__main__":
    main()
