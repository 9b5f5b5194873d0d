# An application and the run time that it needs, from a repository of ours.
apt-get install -qy --no-install-recommends flatpak ostree
export HOME=/root
mkdir -p platform/usr application/files/bin
printf '[Runtime]\nname=org.example.ClairPlatform\n' > platform/metadata
flatpak build-export --runtime --files=usr repository platform 24.08
printf '[Application]\nname=org.example.Clair\nruntime=org.example.ClairPlatform/x86_64/24.08\nsdk=org.example.ClairPlatform/x86_64/24.08\n' > application/metadata
printf '#!/bin/sh\n' > application/files/bin/example
chmod +x application/files/bin/example
flatpak build-finish application --command=example
flatpak build-export repository application stable
flatpak remote-add --system --no-gpg-verify example "file://$PWD/repository"
flatpak install --system -y --noninteractive example org.example.Clair
flatpak --version > "$OUT/tool"
flatpak list --columns=application,branch | awk '{ print $1, $2 }' > "$OUT/packages"
find /var/lib/flatpak -name metadata > "$OUT/files"
