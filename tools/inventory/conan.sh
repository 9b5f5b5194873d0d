# Two versions of a package, one for a user and channel, and a recipe without a package.
apt-get install -qy --no-install-recommends python3-venv
export HOME=/root
python3 -m venv environment
environment/bin/pip install -q conan
mkdir recipe
cat > recipe/conanfile.py <<'TEXT'
from conan import ConanFile
class ClairExample(ConanFile):
    name = "clair-example"
    license = "Apache-2.0"
    settings = "os", "arch"
TEXT
conan=$PWD/environment/bin/conan
"$conan" profile detect
"$conan" create recipe --version 1.2.13
"$conan" create recipe --version 2.0 --user clair --channel stable
"$conan" export recipe --version 9.0
"$conan" --version | sed 's/ version / /' > "$OUT/tool"
"$conan" list '*:*' --format=json | python3 -c 'import json, sys
for reference, recipe in json.load(sys.stdin)["Local Cache"].items():
    if any(revision.get("packages") for revision in recipe["revisions"].values()):
        print(*reference.split("@")[0].split("/"))' > "$OUT/packages"
find /root/.conan2 -name cache.sqlite3 -o -name conaninfo.txt > "$OUT/files"
