# A derivation of several outputs, and names that Nix divides into name and version in its own way.
apt-get install -qy --no-install-recommends nix-bin
export HOME=/root
mkdir -p /etc/nix
printf 'sandbox = false\nbuild-users-group =\nsubstituters =\n' > /etc/nix/nix.conf
cat > example.nix <<'TEXT'
let
  make = outputs: name: derivation {
    inherit name outputs;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" (builtins.concatStringsSep "; " (map (o: "/bin/mkdir \$${o}") outputs)) ];
  };
in [ (make [ "out" "dev" "lib" ] "clair-example-1.2.3") ]
  ++ map (make [ "out" ]) [ "clair-tool-0.4-rc1" "2048-clair-1" "clair3-lib2-5_1" ]
TEXT
nix-env -f example.nix -i '.*'
nix --version > "$OUT/tool"
nix-env -q --json 2> /dev/null | python3 -c 'import json, sys
for one in json.load(sys.stdin).values(): print(one["pname"], one["version"])' > "$OUT/packages"
echo /nix/var/nix/db/db.sqlite > "$OUT/files"
