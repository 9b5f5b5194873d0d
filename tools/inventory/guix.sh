# Paths of a store that a daemon without a network builds. Guix names no versions of them, so the list is what was built.
apt-get install -qy --no-install-recommends guix || true
export HOME=/root
groupadd --system guixbuild
useradd --system -g guixbuild -G guixbuild -d /var/empty -s /usr/sbin/nologin guixbuilder
mkdir -p /gnu/store
chgrp guixbuild /gnu/store
chmod 1775 /gnu/store
guix-daemon --build-users-group=guixbuild --disable-chroot --no-substitutes &
daemon=$!
sleep 3
cat > example.scm <<'TEXT'
(use-modules (guix) (guix derivations) (guix store))
(with-store store
  (define shell (add-to-store store "clair-shell" #t "sha256" "/usr/bin/dash"))
  (define (make name)
    (let ((built (derivation store name shell '("-c" "echo example > $out"))))
      (build-derivations store (list built))
      (display (derivation->output-path built))
      (newline)))
  (for-each make '("clair-example-1.2.3" "clair-tool-0.4-rc1")))
TEXT
guix repl -- example.scm > built
kill $daemon
guix --version | awk '{ print "Guix", $NF; exit }' > "$OUT/tool"
sed 's,^/gnu/store/[0-9a-z]*-\(clair-[a-z]*\)-,\1 ,' built > "$OUT/packages"
echo /var/guix/db/db.sqlite > "$OUT/files"
