# Packages of Git repositories, as the package manager of Swift resolves them for a project.
apt-get install -qy --no-install-recommends swiftlang g++ git python3
export HOME=/root GIT_AUTHOR_NAME=clair GIT_AUTHOR_EMAIL=clair@example.org GIT_COMMITTER_NAME=clair GIT_COMMITTER_EMAIL=clair@example.org
publish() {
  mkdir -p "$1/Sources/$1"
  cat > "$1/Package.swift" <<TEXT
// swift-tools-version: 5.9
import PackageDescription
let package = Package(name: "$1", products: [.library(name: "$1", targets: ["$1"])], targets: [.target(name: "$1")])
TEXT
  echo 'let example = 1' > "$1/Sources/$1/$1.swift"
  git -C "$1" init -q -b main
  git -C "$1" add .
  git -C "$1" commit -qm example
  git -C "$1" tag "$2"
}
publish ClairExample 1.4.2
publish ClairTool 2.0.0-beta.3
publish ClairBranch 0.1.0
mkdir -p project/Sources/Project
echo 'let example = 1' > project/Sources/Project/Project.swift
cat > project/Package.swift <<TEXT
// swift-tools-version: 5.9
import PackageDescription
let package = Package(
  name: "Project",
  dependencies: [
    .package(url: "file://$PWD/ClairExample", from: "1.0.0"),
    .package(url: "file://$PWD/ClairTool", exact: "2.0.0-beta.3"),
    .package(url: "file://$PWD/ClairBranch", branch: "main"),
  ],
  targets: [.target(name: "Project", dependencies: ["ClairExample", "ClairTool", "ClairBranch"])])
TEXT
cd project
swift package resolve
mkdir -p /srv/project
cp Package.resolved /srv/project
swift --version 2>&1 | sed -n 's/.*Swift version \([0-9.]*\).*/Swift \1/p' > "$OUT/tool"
swift package show-dependencies --format json | python3 -c 'import json, sys
for one in json.load(sys.stdin)["dependencies"]:
    # A branch has no version.
    if one["version"] != "unspecified": print(one["url"].removeprefix("file://"), one["version"])' > "$OUT/packages"
echo /srv/project/Package.resolved > "$OUT/files"
