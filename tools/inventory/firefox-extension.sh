# An extension that Firefox installs into a profile as its policy says.
apt-get install -qy --no-install-recommends firefox-esr zip python3
export HOME=/root
mkdir extension
cat > extension/manifest.json <<'TEXT'
{
  "manifest_version": 2, "name": "An example", "version": "1.5.1",
  "browser_specific_settings": { "gecko": { "id": "clair-example@example.org" } }
}
TEXT
(cd extension && zip -q ../example.xpi manifest.json)
mkdir -p /usr/lib/firefox-esr/distribution /root/firefox
cat > /usr/lib/firefox-esr/distribution/policies.json <<TEXT
{ "policies": { "ExtensionSettings": { "clair-example@example.org":
  { "installation_mode": "force_installed", "install_url": "file://$PWD/example.xpi" } } } }
TEXT
echo 'user_pref("xpinstall.signatures.required", false);' > /root/firefox/user.js
timeout 30 firefox-esr --headless --profile /root/firefox about:blank || true
firefox-esr --version | sed 's/^Mozilla //' > "$OUT/tool"
# The other add-ons are in the archive of the browser itself.
python3 -c 'import json
for one in json.load(open("/root/firefox/extensions.json"))["addons"]:
    if one["location"] == "app-profile": print(one["id"], one["version"])' > "$OUT/packages"
find /root/firefox -name '*.xpi' > "$OUT/files"
