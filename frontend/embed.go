// Package frontend holds the pages as `make pages` builds them. A fresh clone has none: then only robots.txt is in it, a copy
// of public's that a build replaces by itself, so that there is something to embed.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:out
var out embed.FS

// Export returns the built pages and what they load; without a build, nearly nothing.
func Export() fs.FS {
	export, err := fs.Sub(out, "out")
	if err != nil { // the name is one: it stands above
		panic(err)
	}
	return export
}
