"""Asks a server of Clair's third API over gRPC, by what was generated from its proto and by reflection alone, and prints what it hears.

usage: client.py PORT LAYER, with the folder of the generated modules on PYTHONPATH
"""
import json
import sys

import grpc
from coreos.clair import clair_pb2, clair_pb2_grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import MessageToDict
from health.v1 import health_pb2, health_pb2_grpc
from v1 import reflection_pb2, reflection_pb2_grpc
from v1alpha import reflection_pb2 as alpha_pb2, reflection_pb2_grpc as alpha_pb2_grpc


def to_dict(message):
    return MessageToDict(message, preserving_proto_field_name=True)


def refused(call):
    try:
        call()
    except grpc.RpcError as error:
        return [error.code().name, error.details()]


def generated(channel, layer):
    ancestries = clair_pb2_grpc.AncestryServiceStub(channel)
    notifications = clair_pb2_grpc.NotificationServiceStub(channel)
    post = clair_pb2.PostAncestryRequest(ancestry_name='shop', format='Docker')
    post.layers.add(hash='h0', path=layer, headers={'A': 'b'})
    get = clair_pb2.GetAncestryRequest
    return {
        'status': to_dict(clair_pb2_grpc.StatusServiceStub(channel).GetStatus(clair_pb2.GetStatusRequest())),
        'posted': to_dict(ancestries.PostAncestry(post)),
        'ancestry': to_dict(ancestries.GetAncestry(get(ancestry_name='shop'))),
        'unknown': refused(lambda: ancestries.GetAncestry(get(ancestry_name='nope'))),
        'nameless': refused(lambda: ancestries.GetAncestry(get())),
        'notification': refused(
            lambda: notifications.GetNotification(clair_pb2.GetNotificationRequest(name='nope', limit=5))
        ),
        'read': refused(
            lambda: notifications.MarkNotificationAsRead(clair_pb2.MarkNotificationAsReadRequest(name='nope'))
        ),
        'health': to_dict(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())),
    }


def reflected(stub, pb2, channel):
    """Learns from the server what a method takes and gives, and calls it."""

    def ask(**question):
        (answer,) = stub.ServerReflectionInfo(iter([pb2.ServerReflectionRequest(**question)]))
        return answer

    services = [service.name for service in ask(list_services='').list_services_response.service]
    symbol = 'coreos.clair.AncestryService'
    files = ask(file_containing_symbol=symbol).file_descriptor_response.file_descriptor_proto
    parsed = [descriptor_pb2.FileDescriptorProto.FromString(content) for content in files]
    pool = descriptor_pool.DescriptorPool()
    while parsed:
        known = [one for one in parsed if not any(other.name in one.dependency for other in parsed)]
        for one in known:
            pool.Add(one)
        parsed = [one for one in parsed if one not in known]
    posted = pool.FindMessageTypeByName('coreos.clair.PostAncestryRequest.PostLayer')
    assert posted.fields_by_name['headers'].message_type.GetOptions().map_entry
    method = pool.FindServiceByName(symbol).FindMethodByName('GetAncestry')
    factory = message_factory.MessageFactory(pool)
    request, response = (factory.GetPrototype(one) for one in (method.input_type, method.output_type))
    call = channel.unary_unary(
        '/%s/%s' % (symbol, method.name),
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    return {'services': sorted(services), 'ancestry': to_dict(call(request(ancestry_name='shop')))}


def main(port, layer):
    with grpc.insecure_channel('127.0.0.1:' + port) as channel:
        print(
            json.dumps(
                {
                    'generated': generated(channel, layer),
                    'v1': reflected(reflection_pb2_grpc.ServerReflectionStub(channel), reflection_pb2, channel),
                    'v1alpha': reflected(alpha_pb2_grpc.ServerReflectionStub(channel), alpha_pb2, channel),
                }
            )
        )


main(*sys.argv[1:])
