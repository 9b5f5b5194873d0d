# A package with a library of its own that is private, in the database of GHC, and one in the store of cabal.
apt-get install -qy --no-install-recommends ghc cabal-install
export HOME=/root
package() {
  mkdir -p "$1/src/Clair" "$1/inner/Clair"
  cat > "$1/$1.cabal" <<TEXT
cabal-version: 3.0
name: $1
version: $2
license: Apache-2.0
maintainer: clair@example.org
synopsis: An example
build-type: Simple

library
  exposed-modules: Clair.Example
  build-depends: base, $1:inner
  hs-source-dirs: src
  default-language: Haskell2010

library inner
  exposed-modules: Clair.Inner
  build-depends: base
  hs-source-dirs: inner
  default-language: Haskell2010
TEXT
  printf 'module Clair.Example where\nimport Clair.Inner\nexample :: Int\nexample = inner\n' > "$1/src/Clair/Example.hs"
  printf 'module Clair.Inner where\ninner :: Int\ninner = 1\n' > "$1/inner/Clair/Inner.hs"
  printf 'import Distribution.Simple\nmain = defaultMain\n' > "$1/Setup.hs"
}
package clair-example 1.0.2
(cd clair-example && runghc Setup configure --prefix=/usr/local && runghc Setup build && runghc Setup install)
package clair-tool 0.3
mkdir -p repository
tar -czf repository/clair-tool-0.3.tar.gz --transform 's,^clair-tool,clair-tool-0.3,' clair-tool
mkdir -p /root/.cabal
printf 'repository local\n  url: file+noindex://%s\n' "$PWD/repository" > /root/.cabal/config
cabal v2-install --lib clair-tool
ghc --numeric-version | sed 's/^/GHC /' > "$OUT/tool"
stores=$(find / -xdev -name package.db -path '*/store/*')
{
  ghc-pkg list --simple-output
  for store in $stores; do ghc-pkg list --package-db="$store" --simple-output; done
} | tr ' ' '\n' | sed 's/^z-\(.*\)-z-.*-\([0-9.]*\)$/\1-\2/' | sed -n 's/^\(.*\)-\([0-9.]*\)$/\1 \2/p' | sort -u > "$OUT/packages"
find / -xdev -name '*lair*.conf' \( -path '*/package.conf.d/*' -o -path '*/package.db/*' \) > "$OUT/files"
