package handlers

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
)

// The pages for a developer of a front end: /docs draws /openapi.json. Nothing is loaded from another host, no script or
// style stands in the page, and what the document says is shown as text.
const (
	docsRoot   = "/docs"
	docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

func mountDocs(e *echo.Echo) error {
	for path, file := range map[string]struct{ name, kind string }{
		docsRoot:               {"docs.html", echo.MIMETextHTMLCharsetUTF8},
		docsRoot + "/docs.js":  {"docs.js", echo.MIMEApplicationJavaScriptCharsetUTF8},
		docsRoot + "/docs.css": {"docs.css", "text/css; charset=utf-8"},
	} {
		body, err := pages.ReadFile("pages/" + file.name)
		if err != nil {
			return fmt.Errorf("handlers: page %s: %w", file.name, err)
		}
		tag := etag(body)
		e.GET(path, func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Content-Security-Policy", docsPolicy)
			h.Set(echo.HeaderCacheControl, "no-cache")
			h.Set("ETag", tag)
			if matches(c.Request().Header.Get("If-None-Match"), tag) {
				return c.NoContent(http.StatusNotModified)
			}
			return c.Blob(http.StatusOK, file.kind, body)
		})
	}
	return nil
}
