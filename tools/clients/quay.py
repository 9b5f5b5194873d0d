"""Makes the requests of Quay with Quay's own client module, and prints what it returns as JSON.

Run: python quay.py QUAY_DIRECTORY CLAIR_URL KEY < MANIFEST, where MANIFEST is the body that Quay posts.
"""

import json
import sys
import types

directory, url, key = sys.argv[1:]
sys.path.insert(0, directory)


class Manifest:
    """What the module reads of a manifest of Quay's database."""

    is_manifest_list = False
    repository = None

    def __init__(self, digest):
        self.digest = digest


class Metric:
    """A metric that is not kept."""

    def labels(self, *_):
        return self

    def observe(self, _):
        pass


def stub(name, **members):
    """Stands for a module that only the server of Quay needs."""
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)


stub("data")
stub("data.registry_model")
stub("data.registry_model.datatypes", Manifest=Manifest)
stub("util.metrics")
stub(
    "util.metrics.prometheus",
    secscan_index_layer_size=Metric(),
    secscan_request_duration=Metric(),
)

import requests
from util.secscan.v4.api import APIRequestFailure, ClairSecurityScannerAPI, InvalidContentSent


class Blobs:
    """Names the places of layers as the manifest does."""

    def __init__(self, posted):
        self.by_digest = {layer["hash"]: layer for layer in posted["layers"]}

    def url_for_download(self, _repository, blob):
        return self.by_digest[blob]["uri"]

    def headers_for_download(self, _repository, blob, _seconds):
        return dict(self.by_digest[blob]["headers"])


def layer_of(digest):
    info = types.SimpleNamespace(compressed_size=1, blob_digest=digest, is_remote=False)
    return types.SimpleNamespace(layer_info=info, blob=digest)


def outcome(call):
    """Returns the result of a call, or the name of its error."""
    try:
        return call()
    except (APIRequestFailure, InvalidContentSent, KeyError) as error:
        return type(error).__name__


posted = json.load(sys.stdin)
digest = posted["hash"]
layers = [layer_of(layer["hash"]) for layer in posted["layers"]]
api = ClairSecurityScannerAPI(url, requests.Session(), Blobs(posted), jwt_psk=key)
wrong_key = ClairSecurityScannerAPI(url, requests.Session(), Blobs(posted), jwt_psk="b3RoZXI=")

results = {
    "state": outcome(api.state),
    "unknown": outcome(lambda: api.vulnerability_report(digest)),
    "index": outcome(lambda: api.index(Manifest(digest), layers)),
    "bogus": outcome(lambda: api.index(Manifest(digest), [])),
    "index_report": outcome(lambda: api.index_report(digest)),
    "vulnerability_report": outcome(lambda: api.vulnerability_report(digest)),
    "notification": outcome(
        lambda: api.retrieve_notification_page("11111111-1111-1111-1111-111111111111")
    ),
    "wrongKey": outcome(wrong_key.state),
    "delete": outcome(lambda: api.delete(digest)),
    "deleted": outcome(lambda: api.index_report(digest)),
}
print(json.dumps(results))
