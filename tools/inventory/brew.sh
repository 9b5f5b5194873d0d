# Formulae of a tap on this machine, built from source: one with a revision, and one that is removed again.
apt-get install -qy --no-install-recommends git curl ca-certificates ruby ruby-dev gcc make procps file patch
export HOMEBREW_NO_AUTO_UPDATE=1 HOMEBREW_NO_INSTALL_FROM_API=1 HOMEBREW_NO_ANALYTICS=1 HOMEBREW_USE_RUBY_FROM_PATH=1
export HOMEBREW_NO_ENV_HINTS=1 HOMEBREW_NO_INSTALL_CLEANUP=1 HOMEBREW_DEVELOPER=1
prefix=/home/linuxbrew/.linuxbrew
useradd --create-home linuxbrew || true
mkdir -p $prefix/bin
[ -d $prefix/Homebrew ] || git clone -q --depth 1 --branch 4.4.30 https://github.com/Homebrew/brew $prefix/Homebrew
ln -sfn ../Homebrew/bin/brew $prefix/bin/brew
taps=$prefix/Homebrew/Library/Taps
tap=$taps/clair/homebrew-example
mkdir -p $tap/Formula $taps/homebrew/homebrew-core/Formula
touch $taps/homebrew/homebrew-core/Formula/.keep
formula() {
  echo example > "$1-$2"
  tar -czf "$1-$2.tar.gz" "$1-$2"
  cat > "$tap/Formula/$1.rb" <<TEXT
class $3 < Formula
  desc "Example"
  homepage "https://example.org"
  url "file://$PWD/$1-$2.tar.gz"
  sha256 "$(sha256sum "$1-$2.tar.gz" | cut -d ' ' -f 1)"
  license "Apache-2.0"
  $4
  def install
    prefix.install "$1-$2"
  end
end
TEXT
}
formula clair-example 1.4.2 ClairExample 'revision 3'
formula clair-tool@2.0 2.0.17 ClairToolAT20 'keg_only :versioned_formula'
formula clair-gone 0.1 ClairGone ''
for one in $tap $taps/homebrew/homebrew-core; do
  git -C $one init -q
  git -C $one add .
  git -C $one -c user.name=clair -c user.email=clair@example.org commit -qm example
done
chown -R linuxbrew /home/linuxbrew .
brew() { setpriv --reuid linuxbrew --regid linuxbrew --init-groups env HOME=/home/linuxbrew $prefix/bin/brew "$@"; }
brew install --build-from-source clair/example/clair-example clair/example/clair-tool@2.0 clair/example/clair-gone
brew uninstall clair-gone
brew --version | head -1 > "$OUT/tool"
brew list --versions > "$OUT/packages"
find $prefix/Cellar -name INSTALL_RECEIPT.json > "$OUT/files"
