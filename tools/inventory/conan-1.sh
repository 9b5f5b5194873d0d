# The same with Conan 1, whose cache has a directory for each package.
apt-get install -qy --no-install-recommends python3-venv
export HOME=/root
python3 -m venv environment
environment/bin/pip install -q 'conan<2' setuptools
mkdir recipe
cat > recipe/conanfile.py <<'TEXT'
from conans import ConanFile
class ClairOlder(ConanFile):
    name = "clair-older"
    license = "Apache-2.0"
    settings = "os", "arch"
TEXT
conan=$PWD/environment/bin/conan
"$conan" create recipe 1.2.13@
"$conan" create recipe 2.0@clair/stable
"$conan" --version | sed 's/ version / /' > "$OUT/tool"
"$conan" search --raw | sed 's,/, ,; s/@.*//' > "$OUT/packages"
find /root/.conan -path '*/package/*/conaninfo.txt' > "$OUT/files"
