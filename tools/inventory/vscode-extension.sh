# An extension that the server of Visual Studio Code installs, after vsce packed it.
apt-get install -qy --no-install-recommends nodejs npm
export HOME=/root
npm install --silent --ignore-scripts node@24 @vscode/vsce code-server
(cd node_modules/node && node installArchSpecificPackage.js)
export PATH=$PWD/node_modules/node/bin:$PATH
(cd node_modules/code-server/lib/vscode && npm install --silent --ignore-scripts --omit=dev)
mkdir extension
cat > extension/package.json <<'TEXT'
{
  "name": "clair-example", "displayName": "An example", "publisher": "ClairTest", "version": "1.0.3",
  "license": "Apache-2.0", "engines": { "vscode": "^1.80.0" }, "repository": "https://example.org/example.git"
}
TEXT
echo Apache-2.0 > extension/LICENSE
echo 'An example.' > extension/README.md
(cd extension && ../node_modules/.bin/vsce package -o ../example.vsix)
server="node node_modules/code-server/out/node/entry.js"
$server --install-extension example.vsix
$server --version | awk '{ print "code-server", $1; exit }' > "$OUT/tool"
$server --list-extensions --show-versions | sed -n 's,^\([a-z-]*\)\.\([a-z-]*\)@,\1/\2 ,p' > "$OUT/packages"
find /root/.local/share/code-server/extensions -maxdepth 2 -name package.json > "$OUT/files"
