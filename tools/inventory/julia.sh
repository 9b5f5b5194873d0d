# Packages of a registry that is a Git repository of this machine, as Julia keeps them in its depot.
apt-get install -qy --no-install-recommends julia git curl
export HOME=/root JULIA_PKG_SERVER= JULIA_DEPOT_PATH=/root/.julia
export GIT_AUTHOR_NAME=clair GIT_AUTHOR_EMAIL=clair@example.org GIT_COMMITTER_NAME=clair GIT_COMMITTER_EMAIL=clair@example.org
registry=$PWD/registry
mkdir registry
printf 'name = "Example"\nuuid = "%s"\nrepo = "%s"\n\n[packages]\n' 0a1b2c3d-0000-4000-8000-000000000000 "$registry" > registry/Registry.toml
publish() {
  local name=$1 version=$2 uuid=$3 at=$registry/$1
  mkdir -p "$name/src" "$at"
  printf 'name = "%s"\nuuid = "%s"\nversion = "%s"\n' "$name" "$uuid" "$version" > "$name/Project.toml"
  printf 'module %s\nend\n' "$name" > "$name/src/$name.jl"
  git -C "$name" init -q
  git -C "$name" add .
  git -C "$name" commit -qm example
  printf 'name = "%s"\nuuid = "%s"\nrepo = "%s"\n' "$name" "$uuid" "$PWD/$name" > "$at/Package.toml"
  printf '["%s"]\ngit-tree-sha1 = "%s"\n' "$version" "$(git -C "$name" rev-parse 'HEAD^{tree}')" > "$at/Versions.toml"
  printf '%s = { name = "%s", path = "%s" }\n' "$uuid" "$name" "$name" >> registry/Registry.toml
}
publish ClairExample 1.4.2 0a1b2c3d-0000-4000-8000-000000000001
publish ClairTool_jll 1.2.13+1 0a1b2c3d-0000-4000-8000-000000000002
git -C registry init -q
git -C registry add .
git -C registry commit -qm example
julia -e 'using Pkg
Pkg.Registry.add(RegistrySpec(path = "'"$registry"'"))
Pkg.add("ClairExample")
Pkg.add("ClairTool_jll")'
julia --version | awk '{ print "Julia", $3 }' > "$OUT/tool"
julia -e 'using Pkg
for one in values(Pkg.dependencies())
    one.version === nothing || println(one.name, " ", one.version)
end' > "$OUT/packages"
find /root/.julia -path '*/packages/*/Project.toml' -o -path '*/environments/*/Manifest.toml' > "$OUT/files"
