# Two versions of a rock, of which LuaRocks keeps the later one, and a rock that is removed again.
apt-get install -qy --no-install-recommends luarocks
rock() {
  mkdir -p "$1-$2" && cd "$1-$2"
  echo 'return {}' > example.lua
  cat > "${1,,}-$2.rockspec" <<TEXT
package = "$1"
version = "$2"
source = { url = "file:///example.lua" }
description = { summary = "An example", license = "Apache-2.0" }
dependencies = { "lua >= 5.1" }
build = { type = "builtin", modules = { ["${1,,}"] = "example.lua" } }
TEXT
  luarocks make
  cd ..
}
rock Clair-Example 1.0-1
rock Clair-Example 1.1-2
rock clair_gone scm-1
rock clair.tool 2.0rc1-1
luarocks remove clair_gone
luarocks --version | awk '{ print "LuaRocks", $2; exit }' > "$OUT/tool"
luarocks list --porcelain | awk '{ print $1, $2 }' > "$OUT/packages"
find /usr/local/lib/luarocks -name '*.rockspec' > "$OUT/files"
