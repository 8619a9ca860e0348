package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/store/vectors"
)

const (
	replaySpeed = 20_000          // eight days in 35 seconds
	replayLimit = 4 * time.Minute // for a replay to be stored and dealt with
)

// quick are the settings of a replay at replaySpeed.
func quick() []string {
	return []string{"CRAWL_EVERY=1s", "MARKET_EVERY=1s", "BARS_DAYS=60", "HTTP_ADDR=127.0.0.1:0"}
}

// TestArchive replays an archive twice, through roles that run apart on Milvus and through the standalone program with
// the index in memory, and holds what both kept against what was served, against the rules and against each other.
func TestArchive(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	var apart, alone kept
	t.Run("replay", func(t *testing.T) {
		t.Run("apart", func(t *testing.T) {
			t.Parallel()
			apart = replayApart(t, f)
		})
		t.Run("standalone", func(t *testing.T) {
			t.Parallel()
			alone = replayAlone(t, f)
		})
	})
	if apart == nil || alone == nil {
		t.Fatal("a replay failed")
	}
	if len(apart) != len(f.links) {
		t.Errorf("%d articles were kept of %d", len(apart), len(f.links))
	}
	for id := range f.ambiguous {
		// Of two texts at one address that one is kept which is seen first, and a fast clock shows both at once.
		delete(apart, id)
		delete(alone, id)
	}
	if diff := cmp.Diff(apart, alone); diff != "" {
		t.Errorf("roles apart (-) and the standalone program (+) kept something else:\n%s", diff)
	}
}

// kept is the companies that were found in each article of the wire, by its id.
type kept map[string]string

func readKept(t *testing.T, db database) kept {
	t.Helper()
	all := kept{}
	for _, line := range db.list(t, `
		select s.external_id || '=' || coalesce((select string_agg(code, ' ' order by code) from matches m where m.article_id = s.article_id), '')
		from sightings s where s.source = 'wire'`) {
		id, codes, _ := strings.Cut(line, "=")
		all[id] = codes
	}
	return all
}

// replayAlone replays the archive through the standalone program.
func replayAlone(t *testing.T, f folder) kept {
	db := newDatabase(t)
	p := command{name: "standalone", env: append(quick(), "DATABASE_URL="+db.url, "REDIS_URL="+newRedis(t), "DATA_DIR="+openDir(t),
		"SIMULATOR_ARCHIVE="+f.dir, fmt.Sprint("SIMULATOR_SPEED=", replaySpeed))}.run(t)
	is := welcomed(t, p)
	whole(t, f, db, caller{base: is.simulator})
	t.Logf("everything served is stored and dealt with after %s", time.Since(p.started).Round(time.Second))
	repredict(t, signIn(t, is.url, "admin@example.com", p.says(t, `password (\S+)`)[0]), everything())
	checkKept(t, db, vectors.NewExact(db.DB))
	p.stops(t)
	return readKept(t, db)
}

// replayApart replays the archive through an API, two workers and a scheduler of the Procfile. A worker is killed in
// the middle and started again.
func replayApart(t *testing.T, f folder) kept {
	db, redisURL := newDatabase(t), newRedis(t)
	prefix := db.url[strings.LastIndex(db.url, "/")+1:]
	prefix, _, _ = strings.Cut(prefix, "?")
	milvus := vectors.MilvusOptions{Address: setting(t, "TEST_MILVUS_ADDRESS"), Prefix: prefix}
	roles := procfile(t)
	sim := roles["simulator"].with(nil, "--archive", f.dir, "--speed", "0", "--addr", "127.0.0.1:0").run(t)
	outside := caller{base: sim.says(t, `simulator ready on (http://\S+)`)[0]}
	env := append(quick(), "DATABASE_URL="+db.url, "REDIS_URL="+redisURL, "SIMULATOR_URL="+outside.base,
		"MILVUS_ADDRESS="+milvus.Address, "MILVUS_PREFIX="+milvus.Prefix, "TOKEN_SECRET="+strings.Repeat("s", 32))
	prepare(t, f, env)
	_, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: simulator.DefaultChat, Language: "ko", Active: true, WatchAll: true, Rule: wakeful(20)})
	fatal(t, err)

	running := map[string]*program{}
	for _, name := range []string{"api", "worker", "worker 2", "scheduler"} {
		role, _, _ := strings.Cut(name, " ")
		running[name] = roles[role].with(env).run(t)
	}
	for _, p := range running {
		p.says(t, `"msg":"started"`)
	}
	started := time.Now()
	outside.send(t, http.MethodPut, "/_sim/clock", map[string]any{"speed": replaySpeed}, nil)
	killOne(t, f, db, redisURL, running["worker 2"])
	running["worker 2"] = roles["worker"].with(env).run(t)
	whole(t, f, db, outside)
	t.Logf("everything served is stored and dealt with after %s", time.Since(started).Round(time.Second))

	index, err := vectors.OpenMilvus(t.Context(), milvus)
	fatal(t, err)
	defer index.Close()
	api := signIn(t, "http://"+running["api"].says(t, `"http_addr":"([^"]+)"`)[0], "operator@example.com", "a long password")
	repredict(t, api, everything())
	checkKept(t, db, index)
	readAPI(t, db, api)
	for _, name := range []string{"api", "scheduler", "worker", "worker 2"} {
		running[name].stops(t)
	}
	fatal(t, index.Drop(t.Context(), news.EmbedderVersion))
	return readKept(t, db)
}

// prepare makes the schema, the stocks to follow and a user, as an operator does.
func prepare(t *testing.T, f folder, env []string) {
	t.Helper()
	for _, errand := range []command{
		{args: []string{"migrate"}},
		{args: []string{"import", "--only-stocks", f.dir}},
		{args: []string{"user", "create", "--email", "operator@example.com", "--role", "operator"}, in: "a long password\n"},
	} {
		errand.name, errand.env = "tickerctl", env
		p := errand.run(t)
		if err := p.ends(t, patience); err != nil {
			t.Fatalf("tickerctl %v: %v\n%s", errand.args, err, p.out)
		}
	}
}

// killOne kills a worker when a third of the archive is stored and something is under way.
func killOne(t *testing.T, f folder, db database, redisURL string, worker *program) {
	t.Helper()
	options, err := redis.ParseURL(redisURL)
	fatal(t, err)
	queue := redis.NewClient(options)
	defer queue.Close()
	var underWay []string
	until(t, patience, func() error {
		if n := db.number(t, `select count(*) from articles`); n < len(f.links)/3 {
			return fmt.Errorf("%d articles are stored", n)
		}
		underWay = nil
		keys, err := queue.Keys(t.Context(), "asynq:*:active").Result()
		fatal(t, err)
		for _, key := range keys {
			ids, err := queue.LRange(t.Context(), key, 0, -1).Result()
			fatal(t, err)
			underWay = append(underWay, ids...)
		}
		if len(underWay) == 0 {
			return fmt.Errorf("no task is under way")
		}
		return nil
	})
	fatal(t, worker.process.Kill())
	<-worker.done
	t.Logf("killed a worker while the workers had %d tasks in hand: %v", len(underWay), underWay)
}

// whole waits until the archive has been served to its end, everything served is stored and nothing is due.
func whole(t *testing.T, f folder, db database, sim caller) {
	t.Helper()
	calendar := market.NewCalendar()
	last, err := calendar.LastKnownDay(f.last)
	fatal(t, err)
	settled, err := calendar.Add(last, -1) // what followed the days before it has been known for a whole day
	fatal(t, err)
	until(t, replayLimit, func() error {
		f.holdClock(t, sim)
		served := readServed(t, sim)
		if n := len(served["wire"]); n < len(f.links) {
			return fmt.Errorf("%d of %d articles are served", n, len(f.links))
		}
		for name, ids := range served {
			want := f.externalIDs(t, name, ids)
			have := db.list(t, `select external_id from sightings where source = ? order by 1`, name)
			slices.Sort(have)
			if diff := cmp.Diff(want, have); diff != "" {
				return fmt.Errorf("%s served (-) and stored (+):\n%s", name, diff)
			}
		}
		if due := db.list(t, dueWork, settled.String()); len(due) > 0 {
			return fmt.Errorf("%d pieces of work are due: %v", len(due), due[:min(5, len(due))])
		}
		return nil
	})
	stored := db.list(t, `select source || ': ' || count(*) from sightings group by source order by 1`)
	t.Logf("sightings %v of %d articles, %d stories, %d predictions, %d alerts", stored, db.number(t, `select count(*) from articles`),
		db.number(t, `select count(*) from stories`), db.number(t, `select count(*) from predictions`),
		db.number(t, `select count(*) from alerts where send`))
}

// dueWork names what is still to be done, outcomes of the next day included where the day's base lies before a given one.
const dueWork = `
	select 'embed article ' || id from articles where embedded_at is null
	union all select 'predict call ' || id from model_calls where state = 'due'
	union all select 'decide on call ' || id from model_calls where state = 'done' and decided_at is null
	union all select 'decide on filing ' || id from stories where filing_due
	union all select 'tell alert ' || id from alerts where send and told_at is null
	union all select 'judge story ' || c.story_id || ' of ' || c.code || ' from ' || c.base_day || ', resolved ' || c.resolved
	from story_codes c where c.base_day < ? and not exists (
		select from outcomes o where o.story_id = c.story_id and o.code = c.code and o.horizon = 1)`

// holdClock lets the clock run at the wall's pace once it is behind the last article: what is not dealt with by then,
// on a busy machine, must not fall into weeks of which the archive has no closes.
func (f folder) holdClock(t *testing.T, sim caller) {
	t.Helper()
	var clock struct {
		Now   time.Time
		Speed float64
	}
	if sim.get(t, "/_sim/clock", &clock); clock.Speed > 1 && clock.Now.After(f.last) {
		sim.send(t, http.MethodPut, "/_sim/clock", map[string]any{"speed": 1}, nil)
	}
}

func readServed(t *testing.T, sim caller) map[string][]string {
	t.Helper()
	served := map[string][]string{}
	sim.get(t, "/_sim/served", &served)
	return served
}

// externalIDs returns the names under which a source's served items must be stored, sorted: Naver gives addresses only.
func (f folder) externalIDs(t *testing.T, source string, ids []string) []string {
	t.Helper()
	names := map[string]bool{}
	for _, id := range ids {
		link, ok := f.links[id]
		if !ok {
			t.Fatalf("%s serves %s, which the archive does not hold", source, id)
		}
		if source == "naver" {
			id = link
		}
		names[id] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// repredict orders new predictions of the stories that the filter says and waits for them. By now everything is known
// that came later: a second prediction has every chance to look at it.
func repredict(t *testing.T, api caller, filter map[string]any) {
	t.Helper()
	type run struct {
		ID                  int64
		State, Error        string
		Total, Done, Failed int
	}
	var ordered struct{ Run run }
	api.send(t, http.MethodPost, "/api/predictions/repredict", filter, &ordered)
	started := time.Now()
	var r run
	until(t, patience, func() error {
		if api.get(t, fmt.Sprint("/api/tasks/", ordered.Run.ID), &r); r.State == "done" {
			return nil
		}
		return fmt.Errorf("the ordered run stands at %+v", r)
	})
	if r.Total == 0 || r.Done != r.Total || r.Failed != 0 {
		t.Errorf("the ordered run ended as %+v", r)
	}
	t.Logf("%d calls predicted again in %s", r.Done, time.Since(started).Round(10*time.Millisecond))
}

// everything is a filter that every story passes.
func everything() map[string]any {
	return map[string]any{"filter": map[string]any{"from": "2000-01-01T00:00:00Z"}}
}

// readAPI asks the API that runs apart whether it knows what is kept.
func readAPI(t *testing.T, db database, api caller) {
	t.Helper()
	var d dashboard
	api.get(t, "/api/dashboard", &d)
	if p := d.Pipeline; p.ToEmbed+p.ToPredict+p.ToDecide+p.ToSend+p.GaveUp != 0 {
		t.Errorf("the dashboard shows work that is due: %+v", p)
	}
	for _, s := range d.Sources {
		want := db.number(t, `select count(*) from sightings where source = ?`, s.Name)
		idle := s.State == "waiting" && s.Name == "kis-minutes" // nobody has a list, so that none are asked for
		if s.State != "ok" && !idle || want > 0 && s.Items == 0 {
			t.Errorf("%d sightings of %s, and the dashboard shows %+v", want, s.Name, s)
		}
	}
}

// procfile returns the commands of the Procfile by the names of its processes.
func procfile(t *testing.T) map[string]command {
	t.Helper()
	raw, err := os.ReadFile("../../Procfile")
	fatal(t, err)
	commands := map[string]command{}
	for line := range strings.Lines(string(raw)) {
		name, words, ok := strings.Cut(strings.TrimSpace(line), ":")
		args := strings.Fields(words)
		if !ok || len(args) == 0 {
			t.Fatalf("Procfile: %q", line)
		}
		binary, ok := strings.CutPrefix(args[0], "bin/")
		if !ok {
			t.Fatalf("Procfile: %q starts nothing of bin/", line)
		}
		commands[name] = command{name: binary, args: args[1:]}
	}
	for _, name := range []string{"api", "worker", "scheduler", "simulator"} {
		if commands[name].name == "" {
			t.Fatalf("Procfile has no %s", name)
		}
	}
	return commands
}

// with returns the command with an environment and more arguments.
func (c command) with(env []string, args ...string) command {
	c.env, c.args = env, slices.Concat(c.args, args)
	return c
}
