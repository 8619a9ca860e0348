package app_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tickerwire/internal/archive"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/store/migrations"
)

// TestHalfWrittenSettings starts every program in a folder whose .env ends in the middle of a line.
func TestHalfWrittenSettings(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	writeFile(t, dir, ".env", "HTTP_ADDR=127.0.0.1:0\nDATABASE_URL=postgres://nobody@127.0.0.1:1/none\nTOKEN_SECRET=\"hush-hush-hush")
	for _, name := range []string{"api", "worker", "scheduler", "standalone", "tickerctl"} {
		p := command{name: name, dir: dir}.run(t)
		p.refuses(t, name+": ", ".env:3: \"TOKEN_SECRET\"")
		if strings.Contains(p.out.String(), "hush") {
			t.Errorf("%s shows the secret:\n%s", name, p.out)
		}
		if lines := strings.Count(strings.TrimSpace(p.out.String()), "\n") + 1; lines != 1 {
			t.Errorf("%s says %d lines about one problem:\n%s", name, lines, p.out)
		}
	}
}

// TestMissingSettings starts roles apart without what they cannot do without.
func TestMissingSettings(t *testing.T) {
	t.Parallel()
	command{name: "api"}.run(t).refuses(t, "DATABASE_URL", "REDIS_URL", "TOKEN_SECRET")
	for _, name := range []string{"worker", "scheduler"} {
		command{name: name}.run(t).refuses(t, "DATABASE_URL", "REDIS_URL")
	}
	command{name: "worker", env: []string{"DATABASE_URL=postgres://somebody:hush@127.0.0.1:1/none?sslmode=disable", "REDIS_URL=redis://127.0.0.1:1/0"}}.
		run(t).refuses(t, "127.0.0.1:1/none", "cannot be reached")
}

// TestTakenPort starts programs on a port on which somebody else listens.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(t, err)
	defer ln.Close()
	taken := ln.Addr().String()
	db := newDatabase(t)
	_, err = db.Migrate(t.Context())
	fatal(t, err)
	apart := []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t), "TOKEN_SECRET=" + strings.Repeat("s", 32), "DATA_DIR=" + openDir(t)}
	for _, c := range []struct{ program, setting string }{
		{"standalone", "HTTP_ADDR"}, {"standalone", "PRIVATE_ADDR"}, {"api", "HTTP_ADDR"}, {"api", "PRIVATE_ADDR"},
		{"worker", "PRIVATE_ADDR"}, {"scheduler", "PRIVATE_ADDR"},
	} {
		env := append([]string{"HTTP_ADDR=127.0.0.1:0"}, apart...)
		command{name: c.program, env: append(env, c.setting+"="+taken)}.run(t).
			refuses(t, c.program+": ", c.setting+": "+taken+" is taken by another program")
	}
	command{name: "simulator", args: []string{"--addr", taken}}.run(t).refuses(t, taken, "address already in use")
}

// TestNoPostgres starts the standalone program where there is no Postgres that fits.
func TestNoPostgres(t *testing.T) {
	t.Parallel()
	t.Run("data of a version that is not here", func(t *testing.T) {
		t.Parallel()
		home := openDir(t)
		data := filepath.Join(home, "data", "postgres", "data")
		fatal(t, os.MkdirAll(data, 0o755))
		writeFile(t, data, "PG_VERSION", "9\n")
		command{name: "standalone", env: settings(home)}.run(t).refuses(t, "postgres: ", data, "PostgreSQL 9's", "install postgresql-9")
	})
	if os.Geteuid() != 0 {
		return // who may not change the root cannot hide the system's Postgres
	}
	t.Run("no binaries and no network", func(t *testing.T) {
		t.Parallel()
		root := openDir(t) // a machine on which there is nothing but the program
		program, err := os.ReadFile(filepath.Join(binDir, "standalone"))
		fatal(t, err)
		fatal(t, os.WriteFile(filepath.Join(root, "standalone"), program, 0o755))
		for _, dir := range []string{"etc", "tmp", "data", "var/cache"} {
			fatal(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
		}
		writeFile(t, root, "etc/passwd", "root:x:0:0::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n")
		p := command{name: "standalone", path: "/standalone", dir: "/", attr: &syscall.SysProcAttr{Chroot: root},
			env: []string{"HTTP_ADDR=127.0.0.1:0", "DATA_DIR=/data", "HTTPS_PROXY=http://127.0.0.1:1"}}.run(t)
		p.refuses(t, "postgres: no binaries here", "apt-get install postgresql", "brew install postgresql", "the download failed")
	})
}

// TestBrokenArchive brings in, and replays, an archive with lines that are no article.
func TestBrokenArchive(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	fatal(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 3, Articles: 60}))
	raw, err := os.ReadFile(filepath.Join(dir, archive.ArticlesFile))
	fatal(t, err)
	lines := strings.SplitAfter(string(raw), "\n")
	lines[6] = "{\"source\": \"naver\", \n"
	lines[8] = "\xff\xfe" + lines[8]
	writeFile(t, dir, archive.ArticlesFile, strings.Join(lines, ""))

	db := newDatabase(t)
	env := []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t), "HTTP_ADDR=127.0.0.1:0"}
	migrate := command{name: "tickerctl", args: []string{"migrate"}, env: env}.run(t)
	fatal(t, migrate.ends(t, patience))
	p := command{name: "tickerctl", args: []string{"import", dir}, env: env}.run(t)
	fatal(t, p.ends(t, patience))
	for _, want := range []string{"articles.ndjson:7: no article: ", "articles.ndjson:9: the line is not UTF-8",
		"refused 1 of articles.ndjson: no article: ", "refused 1 of articles.ndjson: the line is not UTF-8"} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("the import does not say %q:\n%s", want, p.out)
		}
	}
	sound := map[string]bool{}
	folder, err := archive.Open(dir)
	fatal(t, err)
	_, err = folder.Articles(archive.Sink[archive.Article]{Take: func(a archive.Article, _ archive.Place) error {
		sound[a.ID()] = true
		return nil
	}})
	fatal(t, err)
	if n := db.number(t, `select count(*) from articles where embedded_at is not null`); n != len(sound) {
		t.Errorf("%d articles were brought in, want %d", n, len(sound))
	}

	replay := command{name: "standalone", env: append(env, "DATA_DIR="+openDir(t), "SIMULATOR_ARCHIVE="+dir)}.run(t)
	welcomed(t, replay)
	replay.says(t, `articles\.ndjson:7: no article: `)
	replay.stops(t)

	command{name: "tickerctl", args: []string{"import", filepath.Join(dir, "nowhere")}, env: env}.run(t).refuses(t, "nowhere")
}

// TestOlderSchema starts every role on the schema of the program before this one: they refuse, and an errand helps.
func TestOlderSchema(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	list, err := store.ReadMigrations(migrations.Files)
	fatal(t, err)
	last := len(list)
	_, err = db.Bun().ExecContext(t.Context(), `create table schema_migrations (version integer primary key, name text not null, applied_at timestamptz not null default now())`)
	fatal(t, err)
	for _, m := range list[:last-1] {
		_, err := db.Bun().DB.ExecContext(t.Context(), m.SQL) // as it stands: a question mark is no placeholder
		fatal(t, err)
		_, err = db.Bun().ExecContext(t.Context(), `insert into schema_migrations (version, name) values (?, ?)`, m.Version, m.Name)
		fatal(t, err)
	}
	env := []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t), "TOKEN_SECRET=" + strings.Repeat("s", 32), "HTTP_ADDR=127.0.0.1:0"}
	says := fmt.Sprintf("schema is at %d, this program needs %d: run `tickerctl migrate`", last-1, last)
	for _, args := range [][]string{{"api"}, {"worker"}, {"scheduler"}, {"tickerctl", "import", "."}, {"tickerctl", "migrate", "--check"}} {
		c := command{name: args[0], args: args[1:], env: env}
		if len(args) == 3 && args[1] == "import" {
			c.dir = openDir(t)
			fatal(t, simulator.WriteGenerated(c.dir, simulator.ArchiveOptions{Articles: 1}))
		}
		c.run(t).refuses(t, says)
	}
	if n := db.number(t, `select max(version) from schema_migrations`); n != last-1 {
		t.Errorf("a role that refuses has taken the schema to %d", n)
	}
	migrate := command{name: "tickerctl", args: []string{"migrate"}, env: env}.run(t)
	fatal(t, migrate.ends(t, patience))
	if !strings.Contains(migrate.out.String(), "applied "+list[last-1].Name) {
		t.Errorf("tickerctl migrate says %q", migrate.out)
	}
	worker := command{name: "worker", env: env}.run(t)
	worker.says(t, `"msg":"started"`)
	worker.stops(t)
}
