// Command soci makes the image of an OCI layout SOCI-enabled, with the package that the command of soci-snapshotter uses.
//
//	soci LAYOUT TAG OUTPUT
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/awslabs/soci-snapshotter/soci"
	"github.com/awslabs/soci-snapshotter/soci/store"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/plugins/content/local"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: soci LAYOUT TAG OUTPUT")
	}
	if err := convert(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

// convert copies a layout, and replaces its first image by one with a SOCI index of version 2.
func convert(from, tag, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	indexPath := filepath.Join(to, "index.json")
	var root ocispec.Index
	text, err := os.ReadFile(indexPath)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &root); err != nil {
		return err
	}
	content, err := local.NewStore(to)
	if err != nil {
		return err
	}
	blobs, err := store.NewSociStore(to)
	if err != nil {
		return err
	}
	artifacts, err := soci.NewDB(filepath.Join(to, "artifacts.db"))
	if err != nil {
		return err
	}
	builder, err := soci.NewIndexBuilder(content, blobs, soci.WithArtifactsDb(artifacts), soci.WithMinLayerSize(0))
	if err != nil {
		return err
	}
	image := images.Image{Name: "image", Target: root.Manifests[0]}
	converted, err := builder.Convert(context.Background(), image)
	if err != nil {
		return err
	}
	converted.Annotations = map[string]string{"org.opencontainers.image.ref.name": tag}
	root.Manifests = []ocispec.Descriptor{*converted}
	if text, err = json.Marshal(root); err != nil {
		return err
	}
	return os.WriteFile(indexPath, text, 0o644)
}
