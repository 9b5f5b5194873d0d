# Packages that melange builds with their documents, and the image that apko makes of them.
apt-get install -qy --no-install-recommends bubblewrap
command -v melange apko || {
  apt-get install -qy --no-install-recommends golang-go git
  GOBIN=/usr/local/bin go install chainguard.dev/melange@v0.30.5
  GOBIN=/usr/local/bin go install chainguard.dev/apko@v0.30.2
}
cat > example.yaml <<'TEXT'
package:
  name: clair-example
  version: 1.4.2
  epoch: 3
  description: An example
  copyright:
    - license: Apache-2.0
environment:
  contents:
    packages: []
pipeline: []
subpackages:
  - name: clair-example-tools
    pipeline: []
TEXT
cat > image.yaml <<'TEXT'
contents:
  keyring: [./example.rsa.pub]
  repositories: [./repository]
  packages: [clair-example, clair-example-tools]
archs: [x86_64]
TEXT
melange keygen example.rsa
melange build example.yaml --runner bubblewrap --arch x86_64 --signing-key example.rsa --out-dir repository
mkdir image
apko build image.yaml example:latest image.tar --arch x86_64
tar -xf image.tar
mkdir layer
tar -C layer -xzf ./*.tar.gz
cp -r layer/var/lib/db /var/lib/
{ echo melange with apko; apko version | awk '/GitVersion/ { print $2 }'; } | paste -sd ' ' > "$OUT/tool"
awk -F: '$1 == "P" { name = $2 } $1 == "V" { print name, $2 }' layer/usr/lib/apk/db/installed > "$OUT/packages"
find /var/lib/db/sbom -name '*.spdx.json' > "$OUT/files"
