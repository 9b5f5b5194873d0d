# A switch with a package, and one that is removed again.
apt-get install -qy --no-install-recommends opam
export HOME=/root OPAMROOTISOK=1 OPAMYES=1
repository=$PWD/repository
describe() {
  mkdir -p "$repository/packages/$1/$1.$2"
  cat > "$repository/packages/$1/$1.$2/opam" <<TEXT
opam-version: "2.0"
synopsis: "An example"
maintainer: $3
license: $4
TEXT
}
mkdir -p "$repository"
echo 'opam-version: "2.0"' > "$repository/repo"
describe clair-example 1.0.0~beta2 '"clair@example.org"' '"Apache-2.0"'
describe clair-tool v0.16 '["clair@example.org" "tool@example.org"]' '["MIT" "Apache-2.0"]'
describe clair-gone 2.0 '"clair@example.org"' '"MIT"'
opam init --bare --disable-sandboxing --no-setup --kind=local default "$repository"
opam switch create example --empty
opam install --switch example clair-example clair-tool clair-gone
opam remove --switch example clair-gone
opam --version | sed 's/^/opam /' > "$OUT/tool"
opam list --switch example --installed --columns=name,version --short | awk '{ print $1, $2 }' > "$OUT/packages"
find /root/.opam -path '*/.opam-switch/packages/*/opam' > "$OUT/files"
