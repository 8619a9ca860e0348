package handlers

import "net/http"

// DescribeRoute describes a route of a table as New does, with a scope and a summary of one's own.
func DescribeRoute(scope, summary string) error {
	_, err := document([]route{newRoute(http.MethodGet, "/api/x", Scope(scope), summary, (&api{}).getHealth)})
	return err
}

// RolesOf lists who may call a route of a scope.
func RolesOf(scope string) []string { return Scope(scope).roles() }
