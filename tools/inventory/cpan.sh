# A distribution by cpanm, in two versions, and one by make, which only the log of installations names.
apt-get install -qy --no-install-recommends cpanminus perl make
distribution() {
  mkdir -p "$1/lib/$(dirname "${2//:://}")" && cd "$1"
  printf 'package %s;\nour $VERSION = "%s";\n1;\n' "$2" "$3" > "lib/${2//:://}.pm"
  printf 'use ExtUtils::MakeMaker;\nWriteMakefile(NAME => "%s", DISTNAME => "%s", VERSION => "%s");\n' "$2" "$1" "$3" > Makefile.PL
  printf 'Makefile.PL\nMANIFEST\nlib/%s.pm\n' "${2//:://}" > MANIFEST
  perl Makefile.PL
  make dist
  cd ..
}
mirror=$PWD/mirror
mkdir -p "$mirror/authors/id/C/CL/CLAIR" "$mirror/modules"
release() {
  distribution clair-example Clair::Example "$1"
  cp clair-example/*.tar.gz "$mirror/authors/id/C/CL/CLAIR"
  printf 'File: 02packages.details.txt\n\nClair::Example %s C/CL/CLAIR/clair-example-%s.tar.gz\n' "$1" "$1" |
    gzip > "$mirror/modules/02packages.details.txt.gz"
  cpanm --notest --mirror "file://$mirror" --mirror-only Clair::Example
}
release 1.02
release 1.03
distribution Clair-Tool Clair::Tool 0.5
make -C Clair-Tool install
cpanm --version | sed -n '1s/.*version \([0-9.]*\).*/cpanm \1/p' > "$OUT/tool"
# cpan names modules, and the log of cpanm has the distribution of one.
cpan -l 2> /dev/null | sed -n 's/^Clair::Example\t/clair-example /p; s/^Clair::Tool\t/Clair-Tool /p' > "$OUT/packages"
find /usr/local -name install.json -o -name perllocal.pod -o -name .packlist > "$OUT/files"
