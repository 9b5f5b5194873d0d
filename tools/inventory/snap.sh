# A snap that is unpacked where its file system would be mounted.
apt-get install -qy --no-install-recommends snapd squashfs-tools
mkdir -p source/meta
cat > source/meta/snap.yaml <<'TEXT'
name: clair-example
version: '1.10'
summary: An example
description: |
  version: 2
license: Apache-2.0
base: core24
confinement: strict
grade: stable
TEXT
snap pack source .
mkdir -p /snap/clair-example
unsquashfs -d /snap/clair-example/x1 clair-example_*.snap
snap version | awk '{ print $1, $2; exit }' > "$OUT/tool"
snap info ./clair-example_*.snap | awk '/^name:/ { name = $2 } /^version:/ { print name, $2 }' > "$OUT/packages"
find /snap -name snap.yaml > "$OUT/files"
