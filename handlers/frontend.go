package handlers

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// orPage hands what is no route's to the front end. Below the first segment of any route there are no pages: a mistaken call
// of the API is answered as one. It stands within the middleware and not in the router, where a route for everything else
// would take the place of 405.
func (a *api) orPage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if a.Pages == nil || c.Path() != "" || a.own[firstSegment(r.URL.Path)] {
			return next(c)
		}
		h := c.Response().Header()
		if !isRead(r) {
			h.Set(echo.HeaderAllow, "GET, HEAD")
			return echo.ErrMethodNotAllowed
		}
		if a.Pages.ServePage(c.Response(), r) {
			return nil
		}
		h.Add(echo.HeaderVary, echo.HeaderAccept)
		return echo.ErrNotFound
	}
}

// firstSegment returns api of /api/stocks.
func firstSegment(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}
