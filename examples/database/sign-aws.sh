#!/bin/sh
# Signs with AWS KMS: for clair db build --signer. The keys have the aliases clair-targets, clair-snapshot and clair-timestamp.
exec aws kms sign --key-id "alias/clair-$CLAIR_SIGN_ROLE" --message fileb:///dev/stdin --message-type RAW \
  --signing-algorithm ECDSA_SHA_256 --query Signature --output text
