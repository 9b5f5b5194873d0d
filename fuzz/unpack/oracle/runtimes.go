package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/v2/pkg/archive"
	"github.com/containerd/containerd/v2/pkg/archive/compression"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/umoci/oci/cas/dir"
	"github.com/opencontainers/umoci/oci/layer"
	"golang.org/x/sys/unix"
)

// A runtime lays images down below a directory.
type runtime struct {
	name   string
	unpack func(image layout, place string) (rootfs, error)
}

// A rootfs is the root directory of a container, until it is closed.
type rootfs struct {
	path      string
	isMounted bool
}

func (r rootfs) close() {
	if r.isMounted {
		unix.Unmount(r.path, unix.MNT_DETACH)
	}
}

var runtimes = []runtime{
	{"umoci", unpackWithUmoci},
	{"containerd on overlayfs", unpackOnOverlay},
	{"containerd on one tree", unpackOnOneTree},
}

// umoci unpacks all layers onto one tree and follows the links of lower layers.
func unpackWithUmoci(image layout, place string) (rootfs, error) {
	engine, err := dir.Open(image.path)
	if err != nil {
		return rootfs{}, err
	}
	defer engine.Close()
	root := filepath.Join(place, "rootfs")
	err = layer.UnpackRootfs(context.Background(), engine, root, image.manifest, &layer.UnpackOptions{})
	return rootfs{path: root}, err
}

// The snapshotters of containerd that copy what is below, or take a snapshot of it, unpack onto one tree.
func unpackOnOneTree(image layout, place string) (rootfs, error) {
	root := filepath.Join(place, "rootfs")
	if err := os.Mkdir(root, 0o755); err != nil {
		return rootfs{}, err
	}
	for i := range image.manifest.Layers {
		if err := applyLayer(image, i, root); err != nil {
			return rootfs{}, err
		}
	}
	return rootfs{path: root}, nil
}

// The snapshotter of containerd for overlayfs unpacks each layer into a directory of its own.
func unpackOnOverlay(image layout, place string) (rootfs, error) {
	var lower []string
	for i := range image.manifest.Layers {
		upper := filepath.Join(place, fmt.Sprint(i))
		if err := os.Mkdir(upper, 0o755); err != nil {
			return rootfs{}, err
		}
		options := []archive.ApplyOpt{archive.WithConvertWhiteout(archive.OverlayConvertWhiteout), archive.WithParents(lower)}
		if err := applyLayer(image, i, upper, options...); err != nil {
			return rootfs{}, err
		}
		lower = append([]string{upper}, lower...)
	}
	return mountOverlay(lower, place)
}

// errMount says that this process may not mount: only root can.
var errMount = errors.New("cannot mount an overlay")

// mountOverlay mounts layers, the highest first, over each other. An overlay has at least two.
func mountOverlay(lower []string, place string) (rootfs, error) {
	empty, root := filepath.Join(place, "empty"), filepath.Join(place, "rootfs")
	for _, path := range []string{empty, root} {
		if err := os.Mkdir(path, 0o755); err != nil {
			return rootfs{}, err
		}
	}
	options := "lowerdir=" + strings.Join(append(lower, empty), ":")
	if err := unix.Mount("overlay", root, "overlay", unix.MS_RDONLY, options); err != nil {
		return rootfs{}, fmt.Errorf("%w: %v", errMount, err)
	}
	return rootfs{path: root, isMounted: true}, nil
}

func applyLayer(image layout, i int, root string, options ...archive.ApplyOpt) error {
	stored, err := os.Open(image.blob(image.manifest.Layers[i].Digest))
	if err != nil {
		return err
	}
	defer stored.Close()
	plain, err := decompressed(stored, image.manifest.Layers[i].MediaType)
	if err != nil {
		return err
	}
	defer plain.Close()
	digester := digest.Canonical.Digester()
	hashed := io.TeeReader(plain, digester.Hash())
	if _, err := archive.Apply(context.Background(), root, hashed, options...); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, hashed); err != nil {
		return err
	}
	if digester.Digest() != image.diffIDs[i] {
		return fmt.Errorf("wrong diff id of layer %d", i)
	}
	return nil
}

// decompressed decides by the media type whether a layer is compressed, as containerd does for the types of OCI.
func decompressed(stored io.ReadCloser, mediaType string) (io.ReadCloser, error) {
	if strings.HasSuffix(mediaType, "+gzip") || strings.HasSuffix(mediaType, "+zstd") {
		return compression.DecompressStream(stored)
	}
	return stored, nil
}
