# An extension that Chromium packs, and installs into a profile as its policy says.
apt-get install -qy --no-install-recommends chromium xvfb xauth python3 openssl
export HOME=/root
mkdir extension
cat > extension/manifest.json <<'TEXT'
{ "manifest_version": 3, "name": "__MSG_name__", "version": "1.4.2", "default_locale": "en" }
TEXT
mkdir -p extension/_locales/en
echo '{ "name": { "message": "An example" } }' > extension/_locales/en/messages.json
timeout 60 chromium --no-sandbox --headless --pack-extension="$PWD/extension" || true
id=$(openssl rsa -in extension.pem -pubout -outform DER | sha256sum | head -c 32 | tr 0-9a-f a-p)
site=http://127.0.0.1:8099
cat > update.xml <<TEXT
<gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'>
  <app appid='$id'><updatecheck codebase='$site/extension.crx' version='1.4.2'/></app>
</gupdate>
TEXT
mkdir -p /etc/chromium/policies/managed
echo "{ \"ExtensionInstallForcelist\": [\"$id;$site/update.xml\"] }" > /etc/chromium/policies/managed/example.json
python3 -m http.server 8099 --bind 127.0.0.1 &
server=$!
timeout 30 xvfb-run -a chromium --no-sandbox --disable-gpu --no-first-run --user-data-dir=/root/chromium about:blank || true
kill $server
chromium --version | awk '{ print $1, $2 }' > "$OUT/tool"
# The browser names its extensions in the preferences of the profile.
python3 -c 'import json
for path in ["Preferences", "Secure Preferences"]:
    settings = json.load(open("/root/chromium/Default/" + path)).get("extensions", {}).get("settings", {})
    for id, one in settings.items():
        if not one["path"].startswith("/"): print(id, one["path"].split("/")[1].split("_")[0])' | sort -u > "$OUT/packages"
find /root/chromium -path '*/Extensions/*' -name manifest.json > "$OUT/files"
