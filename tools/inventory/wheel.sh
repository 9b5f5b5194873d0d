# Wheels with documents about their content: a crate of ours that maturin builds, with its dependencies of crates.io.
apt-get install -qy --no-install-recommends cargo python3-pip python3-venv gcc libc6-dev
export HOME=/root CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt
python3 -m venv tools
tools/bin/pip -q install maturin
mkdir -p crate/src
cat > crate/Cargo.toml <<'TEXT'
[package]
name = "clair-example"
version = "1.4.2"
edition = "2021"
[[bin]]
name = "clair-example"
path = "src/main.rs"
[dependencies]
itoa = "=1.0.11"
either = { version = "=1.13.0", default-features = false }
[dev-dependencies]
fastrand = "=2.1.0"
TEXT
cat > crate/pyproject.toml <<'TEXT'
[build-system]
requires = ["maturin"]
build-backend = "maturin"
[project]
name = "clair-example"
version = "1.4.2"
[tool.maturin]
bindings = "bin"
TEXT
echo 'fn main() {}' > crate/src/main.rs
tools/bin/maturin build -q -m crate/Cargo.toml -o dist
python3 -m venv /opt/example
/opt/example/bin/pip -q install --no-index dist/*.whl
tools/bin/maturin --version > "$OUT/tool"
cargo tree -q --manifest-path crate/Cargo.toml --edges normal --prefix none | awk '$1 != "clair-example" { sub("v", "", $2); print $1, $2 }' > "$OUT/packages"
find /opt/example -path '*.dist-info/sboms/*' > "$OUT/files"
