// Package house_test proves that imports point one way: nouns know nobody, edges know nouns, doors know nouns and the
// store, and only app joins doors to edges.
package house_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "tickerwire/"

// rooms lists, per room, the rooms of this module that it may import. The longest matching prefix counts; a room may
// always import what lies below itself.
var rooms = map[string][]string{
	"internal/fault":    {},
	"internal/market":   {"internal/fault"},
	"internal/news":     {"internal/fault", "internal/market"},
	"internal/forecast": {"internal/fault", "internal/market", "internal/news"},
	"internal/notice":   {"internal/fault", "internal/market", "internal/news", "internal/forecast"},
	"internal/archive":  {"internal/fault", "internal/market", "internal/news"},
	"internal/measure":  {"internal/archive", "internal/forecast", "internal/market", "internal/news"},

	"internal/tracing": {"internal/fault"},
	// A collector; nothing but tests imports it.
	"internal/tracing/tracingtest": {},

	"store":            {"internal/tracing", "internal/fault", "internal/market", "internal/news", "internal/forecast", "internal/notice", "internal/wire"},
	"store/migrations": {},
	"store/vectors":    {"internal/tracing", "internal/fault", "internal/market", "internal/news", "store"},
	"store/storetest":  {"store"},

	"internal/upstream": {"internal/tracing", "internal/fault", "internal/market", "internal/news", "internal/notice"},
	// The kit plays the outside world; nothing but tests imports it.
	"internal/upstream/upstreamtest": {"internal/fault", "internal/market", "internal/news", "internal/notice", "internal/archive", "internal/simulator"},

	"tasks":    {"internal/tracing", "internal/fault", "internal/market", "internal/news", "internal/forecast", "internal/notice", "store"},
	"handlers": {"internal/tracing", "internal/fault", "internal/market", "internal/news", "internal/forecast", "internal/notice", "store", "tasks"},

	"frontend":           {},
	"internal/pages":     {},
	"internal/config":    {},
	"internal/house":     {},
	"internal/proxy":     {},
	"internal/wire":      {},
	"internal/servers":   {"internal/fault"},
	"internal/simulator": {"internal/fault", "internal/market", "internal/news", "internal/archive"},
	"internal/app":       {"frontend", "internal", "store", "tasks", "handlers"},
	"internal/burst":     {"internal/notice", "internal/simulator", "store"},
	"internal/chaos":     {"internal", "store", "tasks"},
	"internal/bench":     {"internal", "store", "tasks"},
	"internal/backtest":  {"internal/archive", "internal/fault", "internal/market", "internal/news", "internal/forecast", "internal/notice", "store", "tasks"},
	"cmd":                {"internal/app", "internal/bench", "internal/chaos", "internal/config", "internal/servers", "internal/simulator"},
}

// nouns are the pure rooms.
var nouns = []string{"internal/fault", "internal/market", "internal/news", "internal/forecast", "internal/notice"}

// impure is what a noun may not import, besides everything that it can only reach through these.
var impure = []string{"context", "net", "net/http", "database/sql", "os", "os/exec", "log", "log/slog", "math/rand", "math/rand/v2"}

// keepers says which rooms alone may import a package of the outside.
var keepers = map[string][]string{
	"github.com/hibiken/asynq":              {"tasks", "internal/app", "internal/bench", "internal/chaos"},
	"github.com/hibiken/asynqmon":           {"internal/app"},
	"github.com/labstack/echo/v4":           {"handlers", "internal/app"},
	"github.com/uptrace/bun":                {"store", "internal/servers"}, // servers: to see whether Postgres answers
	"github.com/jackc/pgx/v5":               {"store"},
	"github.com/milvus-io/milvus-sdk-go/v2": {"store/vectors"},
	"github.com/go-telegram/bot":            {"internal/upstream/telegram"},
	"go.opentelemetry.io/otel":              {"internal/tracing", "internal/app"},
	"go.opentelemetry.io/otel/sdk":          {"internal/tracing/otlp"},
	"go.opentelemetry.io/otel/exporters":    {"internal/tracing/otlp"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
}

// within reports whether path is the room or lies below it.
func within(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

// roomOf returns the longest room that holds path.
func roomOf(path string) string {
	best := ""
	for room := range rooms {
		if within(path, room) && len(room) > len(best) {
			best = room
		}
	}
	return best
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	packages := list(t)
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages only", len(packages))
	}
	for _, p := range packages {
		room := roomOf(p.ImportPath)
		if room == "" {
			t.Errorf("%s stands in no room: add it to the table", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if problem := forbidden(p.ImportPath, room, imported); problem != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, problem)
			}
		}
	}
}

func forbidden(path, room, imported string) string {
	if target, ours := strings.CutPrefix(imported, module); ours {
		return forbiddenRoom(path, room, target)
	}
	if slices.Contains(nouns, room) && slices.Contains(impure, imported) {
		return "nouns are pure"
	}
	for pkg, allowed := range keepers {
		if within(imported, pkg) && !slices.ContainsFunc(allowed, func(r string) bool { return within(path, r) }) {
			return "only " + strings.Join(allowed, " and ") + " may"
		}
	}
	return ""
}

func forbiddenRoom(path, room, target string) string {
	if within(target, path) {
		return ""
	}
	// Systems of others do not know each other.
	if room == "internal/upstream" && within(target, "internal/upstream") {
		if target == "internal/upstream" {
			return ""
		}
		return "one upstream may not import another"
	}
	if within(target, room) {
		return ""
	}
	if !slices.ContainsFunc(rooms[room], func(r string) bool { return within(target, r) }) {
		return "not among the rooms that " + room + " may import"
	}
	return ""
}

func TestTheTableCatchesWrongImports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, imported string }{
		{"internal/market", module + "internal/news"},
		{"internal/news", "net/http"},
		{"store", module + "tasks"},
		{"tasks", module + "internal/upstream/naver"},
		{"handlers", module + "internal/config"},
		{"internal/upstream/naver", module + "internal/upstream/dart"},
		{"internal/upstream/naver", module + "store"},
		{"handlers", "github.com/hibiken/asynq"},
		{"store", "github.com/milvus-io/milvus-sdk-go/v2/client"},
		{"tasks", "go.opentelemetry.io/otel/trace"},
		{"internal/tracing", "go.opentelemetry.io/otel/sdk/trace"},
		{"internal/app", "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"},
	} {
		if forbidden(c.path, roomOf(c.path), c.imported) == "" {
			t.Errorf("%s importing %s is not caught", c.path, c.imported)
		}
	}
}
