# Packages of a registry on this machine, one of them twice, and one of a Git repository, as pub downloads them for a project.
apt-get install -qy --no-install-recommends dart-sdk git python3
export HOME=/root CI=true
describe() {
  mkdir -p "$1/lib"
  printf 'name: %s\nversion: %s\nenvironment:\n  sdk: ^3.0.0\n' "$2" "$3" > "$1/pubspec.yaml"
}
site=http://127.0.0.1:8098
publish() {
  describe "site/$1-$2" "$1" "$2"
  tar -C "site/$1-$2" -czf "site/$1-$2.tar.gz" .
}
publish clair_example 1.4.2
publish clair_tool 0.9.0-dev.1+3
python3 - <<'TEXT'
import json, os
def version(file):
    name, _, version = file[:-7].partition("-")
    spec = {"name": name, "version": version, "environment": {"sdk": "^3.0.0"}}
    return name, {"version": version, "archive_url": "http://127.0.0.1:8098/" + file, "pubspec": spec}
os.makedirs("site/api/packages", exist_ok=True)
for file in sorted(os.listdir("site")):
    if file.endswith(".gz"):
        name, latest = version(file)
        json.dump({"name": name, "latest": latest, "versions": [latest]}, open("site/api/packages/" + name, "w"))
TEXT
python3 -m http.server 8098 --bind 127.0.0.1 --directory site &
server=$!
describe in-git clair_in_git 2.0.0
git -C in-git init -q
git -C in-git add .
git -C in-git -c user.name=clair -c user.email=clair@example.org commit -qm example
describe project clair_project 1.0.0
cat >> project/pubspec.yaml <<TEXT
dependencies:
  clair_example: ^1.0.0
  clair_tool: any
  clair_in_git:
    git: file://$PWD/in-git
TEXT
cd project
PUB_HOSTED_URL=$site dart --suppress-analytics pub get
kill $server
dart --version | awk '{ print "Dart", $4 }' > "$OUT/tool"
dart pub deps --json | python3 -c 'import json, sys
for one in json.load(sys.stdin)["packages"]:
    if one["kind"] != "root": print(one["name"], one["version"])' > "$OUT/packages"
find /root/.pub-cache -name pubspec.yaml -path '*/hosted/*' > "$OUT/files"
find /root/.pub-cache/git -mindepth 2 -maxdepth 2 -name pubspec.yaml -not -path '*/cache/*' >> "$OUT/files"
