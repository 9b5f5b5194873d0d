// Command writer repacks the layers of an OCI layout as eStargz or zstd:chunked, with the packages that nerdctl, buildah and podman use.
//
//	writer estargz|zstd:chunked LAYOUT TAG OUTPUT
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/containerd/stargz-snapshotter/estargz"
	"github.com/containers/storage/pkg/chunked/compressor"
)

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	Manifests     []descriptor `json:"manifests"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("usage: writer estargz|zstd:chunked LAYOUT TAG OUTPUT")
	}
	// The caller deletes the output, and so the temporary files of a program that was ended.
	if err := os.Setenv("TMPDIR", os.Args[4]); err != nil {
		log.Fatal(err)
	}
	if err := convert(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		log.Fatal(err)
	}
}

func convert(format, from, tag, to string) error {
	if err := os.MkdirAll(filepath.Join(to, "blobs/sha256"), 0o755); err != nil {
		return err
	}
	var root index
	if err := readJSON(filepath.Join(from, "index.json"), &root); err != nil {
		return err
	}
	var image manifest
	if err := readJSON(blobPath(from, root.Manifests[0].Digest), &image); err != nil {
		return err
	}
	configText, err := os.ReadFile(blobPath(from, image.Config.Digest))
	if err != nil {
		return err
	}
	var config map[string]any
	if err := json.Unmarshal(configText, &config); err != nil {
		return err
	}
	var diffIDs []string
	for i, layer := range image.Layers {
		converted, diffID, err := convertLayer(format, blobPath(from, layer.Digest), to)
		if err != nil {
			return fmt.Errorf("layer %s: %w", layer.Digest, err)
		}
		image.Layers[i] = converted
		diffIDs = append(diffIDs, diffID)
	}
	config["rootfs"] = map[string]any{"type": "layers", "diff_ids": diffIDs}
	if image.Config, err = writeJSON(to, "application/vnd.oci.image.config.v1+json", config); err != nil {
		return err
	}
	image.MediaType = manifestType
	entry, err := writeJSON(to, manifestType, image)
	if err != nil {
		return err
	}
	entry.Annotations = map[string]string{"org.opencontainers.image.ref.name": tag}
	text, err := json.Marshal(index{SchemaVersion: 2, Manifests: []descriptor{entry}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, "index.json"), text, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
}

func convertLayer(format, path, to string) (descriptor, string, error) {
	if format == "estargz" {
		return toEStargz(path, to)
	}
	return toZstdChunked(path, to)
}

func toEStargz(path, to string) (descriptor, string, error) {
	file, err := os.Open(path)
	if err != nil {
		return descriptor{}, "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return descriptor{}, "", err
	}
	// The best compression, which is the default, would take ten minutes for a large image.
	level := estargz.WithCompressionLevel(gzip.BestSpeed)
	blob, err := estargz.Build(io.NewSectionReader(file, 0, info.Size()), level)
	if err != nil {
		return descriptor{}, "", err
	}
	defer blob.Close()
	written, err := writeBlob(to, blob)
	if err != nil {
		return descriptor{}, "", err
	}
	written.MediaType = layerType + "+gzip"
	written.Annotations = map[string]string{estargz.TOCJSONDigestAnnotation: blob.TOCDigest().String()}
	return written, blob.DiffID().String(), nil
}

func toZstdChunked(path, to string) (descriptor, string, error) {
	file, err := os.Open(path)
	if err != nil {
		return descriptor{}, "", err
	}
	defer file.Close()
	archive, err := gzip.NewReader(file)
	if err != nil {
		return descriptor{}, "", err
	}
	annotations := map[string]string{}
	reader, pipe := io.Pipe()
	uncompressed := sha256.New()
	go func() {
		level := 3
		chunked, err := compressor.ZstdCompressor(pipe, annotations, &level)
		if err == nil {
			_, err = io.Copy(chunked, io.TeeReader(archive, uncompressed))
		}
		if err == nil {
			err = chunked.Close()
		}
		pipe.CloseWithError(err)
	}()
	written, err := writeBlob(to, reader)
	if err != nil {
		return descriptor{}, "", err
	}
	written.MediaType = layerType + "+zstd"
	written.Annotations = annotations
	return written, "sha256:" + hex.EncodeToString(uncompressed.Sum(nil)), nil
}

func writeBlob(to string, content io.Reader) (descriptor, error) {
	file, err := os.CreateTemp(to, "blob")
	if err != nil {
		return descriptor{}, err
	}
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, hash), content)
	if err != nil {
		return descriptor{}, err
	}
	if err := file.Close(); err != nil {
		return descriptor{}, err
	}
	digest := "sha256:" + hex.EncodeToString(hash.Sum(nil))
	return descriptor{Digest: digest, Size: size}, os.Rename(file.Name(), blobPath(to, digest))
}

func writeJSON(to, mediaType string, document any) (descriptor, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return descriptor{}, err
	}
	written, err := writeBlob(to, bytes.NewReader(text))
	written.MediaType = mediaType
	return written, err
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func blobPath(layout, digest string) string {
	return filepath.Join(layout, "blobs/sha256", digest[len("sha256:"):])
}
