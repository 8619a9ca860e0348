package handlers_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"tickerwire/handlers"
)

// TestTheClientIsCurrent: what the pages are written against is what the routes are.
func TestTheClientIsCurrent(t *testing.T) {
	t.Parallel()
	made, err := handlers.TypeScript()
	must(t, err)
	committed, err := os.ReadFile("../frontend/lib/api.gen.ts")
	must(t, err)
	if !bytes.Equal(made, committed) {
		t.Error("frontend/lib/api.gen.ts is not what the routes make: make client")
	}
}

func TestTheClientHasEveryRoute(t *testing.T) {
	t.Parallel()
	s := open(t)
	made, err := handlers.TypeScript()
	must(t, err)
	again, err := handlers.TypeScript()
	must(t, err)
	if !bytes.Equal(made, again) {
		t.Error("it differs from one time to the next")
	}
	served, err := handlers.Document()
	must(t, err)
	if !bytes.Equal(served, s.get("", "/openapi.json").body) {
		t.Error("the document without an API differs from the one that is served")
	}
	text := string(made)
	d := s.spec()
	for template, item := range d.at("paths").(map[string]any) {
		for method, op := range item.(map[string]any) {
			if id := op.(map[string]any)["operationId"].(string); strings.Count(text, "    "+id+": (") != 1 {
				t.Errorf("%s %s: no function %s", method, template, id)
			}
		}
	}
	declared := map[string]bool{"Promise": true, "Response": true, "RequestInit": true, "Array": true, "Record": true}
	for _, m := range regexp.MustCompile(`(?m)^export interface (\w+)`).FindAllStringSubmatch(text, -1) {
		declared[m[1]] = true
	}
	for _, line := range regexp.MustCompile(`(?m)^    \w+: \(.*$`).FindAllString(text, -1) {
		for _, name := range regexp.MustCompile(`\b[A-Z]\w+`).FindAllString(regexp.MustCompile(`^    \w+|"[^"]*"`).ReplaceAllString(line, ""), -1) {
			if !declared[name] {
				t.Errorf("%s is not declared: %s", name, line)
			}
		}
	}
}
