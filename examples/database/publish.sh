#!/bin/sh
# Fetches the advisories of all vendors, and publishes them: updates, builds, signs, and copies to a registry.
#
#   PUBLICATION  the place in the words of skopeo: docker://registry.example.com/advisories:1
#   STATE        a directory that is kept between runs, with the database and the publication
#   KEYS         the directory with the root documents, and with private keys unless SIGNER signs
#   SIGNER       a command that signs for keys that have no file, such as ./sign-aws.sh
#   SOURCES      the sources to publish; all by default
#
# Ends with 3 if a feed could not be updated or a namespace was refused. The rest is published nevertheless.
set -eu
: "${PUBLICATION:?name the place, such as docker://registry.example.com/advisories:1}"
: "${STATE:?name a directory that is kept between runs}"
: "${KEYS:?name the directory with the root documents}"

# Without a root, clair db build would make new keys, and clients would not know them.
if ! ls "$KEYS"/*.root.json > /dev/null 2>&1; then
  echo "$KEYS has no root document: make one with clair db build, and commit it" >&2
  exit 2
fi

# Runs a command. Status 3 is a part that failed: the job goes on, and ends with it.
status=0
partly() {
  "$@" || {
    code=$?
    [ "$code" -eq 3 ] || exit "$code"
    status=3
  }
}

mkdir -p "$STATE"
# shellcheck disable=SC2086 # SOURCES has several words.
partly clair db update ${SOURCES-} --db "$STATE/clair.db"
if [ -n "${SIGNER-}" ]; then
  partly clair db build "$STATE/publication" --db "$STATE/clair.db" --keys "$KEYS" --signer "$SIGNER"
else
  partly clair db build "$STATE/publication" --db "$STATE/clair.db" --keys "$KEYS"
fi
skopeo copy --preserve-digests "oci:$STATE/publication:1" "$PUBLICATION"
exit "$status"
