package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

const (
	fewArticles  = 100_000
	manyArticles = 1_000_000

	readers    = 4  // people who are signed in
	readLines  = 32 // connections at most
	readWarm   = time.Second
	readAlone  = 2 * time.Second // on one connection
	readFull   = 3 * time.Second // on all
	readPaced  = 4 * time.Second // at half of what was reached
	readRounds = 2               // of both servers in turns

	readsLimit = 6 * time.Minute
	readsLarge = 12 * time.Minute
)

// reading is one kind of request, with a variety of what is asked: nothing is answered from what was asked just before.
type reading struct {
	name  string
	both  bool // the reference answers it, too
	paths []string
}

// readings returns what people look at. Words are the two-syllable ones of the world, from frequent to rare.
func readings(w *readWorld, predictions int64) []reading {
	var newsPaths, predictionPaths, details, prices, searches []string
	for i := range 16 {
		before := url.QueryEscape(w.now.Add(-time.Duration(i*i) * time.Hour).Format(time.RFC3339))
		code := readCode(i * i % readStocks)
		newsPaths = append(newsPaths, "/api/news", "/api/news?code="+code, "/api/news?to="+before, "/api/news?code="+readCode(i*17%readStocks))
		predictionPaths = append(predictionPaths, "/api/predictions", "/api/predictions?code="+code, "/api/predictions?to="+before,
			fmt.Sprintf("/api/predictions?model=%d&horizon=%d", 1+i%2, []int{1, 3, 5}[i%3]))
	}
	for i := range 64 {
		details = append(details, fmt.Sprintf("/api/predictions/%d", predictions-int64(i)*997))
		prices = append(prices, "/api/stocks/"+readCode(i*i%readStocks)+"/prices")
		searches = append(searches, "/api/news?q="+url.QueryEscape(w.words[int(8*math.Pow(1.08, float64(i)))]))
	}
	return []reading{
		{"dashboard", false, []string{"/api/dashboard"}},
		{"news", true, newsPaths},
		{"search", false, searches},
		{"predictions", true, predictionPaths},
		{"prediction", false, details},
		{"prices", true, prices},
	}
}

// readFew measures reads with a hundred thousand articles; readMany with that and with a million, and how much slower that is.
func readFew(ctx context.Context, env *Env) ([]Figure, error) {
	if _, _, err := referencePython(ctx); err != nil { // the first time they are fetched
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readsLimit, fmt.Errorf("reads took longer than %s", readsLimit))
	defer cancel()
	figures, _, err := env.reads(ctx, "reads", fewArticles)
	return figures, err
}

func readMany(ctx context.Context, env *Env) ([]Figure, error) {
	if _, _, err := referencePython(ctx); err != nil { // the first time they are fetched
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readsLarge, fmt.Errorf("reads took longer than %s", readsLarge))
	defer cancel()
	figures, few, err := env.reads(ctx, "reads-large.100k", fewArticles)
	if err != nil {
		return figures, err
	}
	more, many, err := env.reads(ctx, "reads-large.1m", manyArticles)
	figures = append(figures, more...)
	for _, name := range slices.Sorted(maps.Keys(many)) {
		figures = append(figures, Figure{Name: "reads-large." + name + ".growth", Value: few[name] / many[name], Unit: "x", Goal: atMost(1.5)})
	}
	return figures, err
}

// library is the program's API, and the reference, before one database.
type library struct {
	*backends
	world        *readWorld
	running      []*process
	ours, theirs string // addresses: the program without answers that are kept, the reference
	keeping      string // the program as it is set up, which keeps answers for a second
	tokens       []string
}

// reads measures every reading with so many articles, and returns with the figures the requests a second by name.
func (e *Env) reads(ctx context.Context, name string, articles int) (_ []Figure, _ map[string]float64, err error) {
	l, err := e.library(ctx, articles)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, l.close(ctx)) }()
	var last int64
	if err := l.db.Bun().NewRaw(`select max(id) from predictions`).Scan(ctx, &last); err != nil {
		return nil, nil, err
	}
	e.say("%s: %d articles and %d predictions are there", name, articles, last)
	var figures []Figure
	rates := map[string]float64{}
	for _, r := range readings(l.world, last) {
		found, rate, err := l.measure(ctx, r)
		if err != nil {
			return figures, rates, fmt.Errorf("%s: %w", r.name, err)
		}
		for _, f := range found {
			f.Name = name + "." + r.name + "." + f.Name
			figures = append(figures, f)
		}
		rates[r.name] = rate
		e.say("%s: %s: %.0f requests/s", name, r.name, rate)
	}
	return figures, rates, nil
}

func (l *library) target(addr string, r reading) target {
	t := target{addr: addr}
	for i := range len(r.paths) * len(l.tokens) { // each path by each reader
		t.requests = append(t.requests, request(addr, r.paths[i%len(r.paths)], l.tokens[(i+i/len(r.paths))%len(l.tokens)]))
	}
	return t
}

// measure measures one reading and returns the requests a second on all connections.
func (l *library) measure(ctx context.Context, r reading) ([]Figure, float64, error) {
	ours := l.target(l.ours, r)
	if r.both {
		if err := l.same(ctx, r); err != nil {
			return nil, 0, err
		}
	}
	if _, err := ours.saturate(ctx, readLines, readWarm); err != nil {
		return nil, 0, err
	}
	alone, err := ours.saturate(ctx, 1, readAlone)
	if err != nil {
		return nil, 0, err
	}
	figures := describeLoad("1", alone)
	if r.both {
		theirs := l.target(l.theirs, r)
		if _, err := theirs.saturate(ctx, readLines, readWarm); err != nil {
			return nil, 0, err
		}
		other, err := theirs.saturate(ctx, 1, readAlone)
		if err != nil {
			return nil, 0, err
		}
		figures = append(figures, describeLoad("reference.1", other)...)
	}
	full, err := l.sideBySide(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	figures = append(figures, full.figures...)
	keeping, err := l.target(l.keeping, r).saturate(ctx, readLines, readFull)
	if err != nil {
		return nil, 0, err
	}
	if figures = append(figures, describeLoad("kept.32", keeping)...); r.name != "prediction" { // whose answers are not kept
		figures = append(figures, Figure{Name: "kept.gain", Value: keeping.rate() / full.rate, Unit: "x the same without"})
	}
	paced, err := ours.paced(ctx, readLines*2, full.rate/2, readPaced)
	if err != nil {
		return nil, 0, err
	}
	return append(figures,
		Figure{Name: "half.p50", Value: percentile(paced.waits, 50), Unit: "ms"},
		Figure{Name: "half.p99", Value: percentile(paced.waits, 99), Unit: "ms", Goal: atMost(20)}), full.rate, nil
}

func describeLoad(name string, l load) []Figure {
	return []Figure{
		{Name: name + ".rate", Value: l.rate(), Unit: "requests/s"},
		{Name: name + ".p50", Value: percentile(l.waits, 50), Unit: "ms"},
		{Name: name + ".p99", Value: percentile(l.waits, 99), Unit: "ms"},
	}
}

// turns is what both came to in turns.
type turns struct {
	rate    float64 // ours
	figures []Figure
}

func (l *library) sideBySide(ctx context.Context, r reading) (turns, error) {
	var ours, theirs load
	var ratios []float64
	for range readRounds {
		mine, err := l.target(l.ours, r).saturate(ctx, readLines, readFull)
		if err != nil {
			return turns{}, err
		}
		ours.took, ours.waits = ours.took+mine.took, append(ours.waits, mine.waits...)
		if !r.both {
			continue
		}
		other, err := l.target(l.theirs, r).saturate(ctx, readLines, readFull)
		if err != nil {
			return turns{}, fmt.Errorf("reference: %w", err)
		}
		theirs.took, theirs.waits = theirs.took+other.took, append(theirs.waits, other.waits...)
		ratios = append(ratios, mine.rate()/other.rate())
	}
	out := turns{rate: ours.rate(), figures: describeLoad("32", ours)}
	if r.both {
		out.figures = append(append(out.figures, describeLoad("reference.32", theirs)...),
			Figure{Name: "ratio", Value: median(ratios), Unit: "x the reference", Goal: atLeast(10)})
	}
	return out, nil
}

// same is an error unless both answer every path with the same JSON.
func (l *library) same(ctx context.Context, r reading) error {
	ours, theirs := l.target(l.ours, r), l.target(l.theirs, r)
	for i, path := range r.paths {
		a, err := ours.fetch(ctx, i)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		b, err := theirs.fetch(ctx, i)
		if err != nil {
			return fmt.Errorf("reference: %s: %w", path, err)
		}
		var mine, other any
		if err := errors.Join(json.Unmarshal(a, &mine), json.Unmarshal(b, &other)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if !reflect.DeepEqual(mine, other) {
			return fmt.Errorf("%s: the reference answers something else: %s", path, firstDifference(a, b))
		}
	}
	return nil
}

func firstDifference(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("at %d: %.200q and %.200q", i, a[max(0, i-60):], b[max(0, i-60):])
}

// library starts both on a database with so many articles. The caller closes it.
func (e *Env) library(ctx context.Context, articles int) (_ *library, err error) {
	b, err := e.backendsThat(ctx, true)
	if err != nil {
		return nil, err
	}
	l := &library{backends: b, world: newReadWorld(articles, time.Now())}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close(ctx))
		}
	}()
	if err := l.world.bring(ctx, b.db); err != nil {
		return nil, err
	}
	secret := rand.Text() + rand.Text()
	settings := []string{"DATABASE_URL=" + b.postgres.URL(), "REDIS_URL=" + b.redis.URL(), "TOKEN_SECRET=" + secret}
	if l.ours, err = l.startAPI(ctx, e, append(settings, "CACHE_ANSWERS=0s")); err != nil {
		return nil, err
	}
	if l.keeping, err = l.startAPI(ctx, e, settings); err != nil {
		return nil, err
	}
	if err := l.signIn(ctx, e, settings); err != nil {
		return nil, err
	}
	reference, addr, err := e.startReference(ctx, settings)
	if err != nil {
		return nil, err
	}
	l.running, l.theirs = append(l.running, reference), addr
	return l, nil
}

func (l *library) startAPI(ctx context.Context, e *Env, settings []string) (addr string, err error) {
	if addr, err = freeAddr(ctx); err != nil {
		return "", err
	}
	p, err := e.start(ctx, "api", append(settings[:len(settings):len(settings)], "HTTP_ADDR="+addr))
	if err != nil {
		return "", err
	}
	l.running = append(l.running, p)
	return addr, nil
}

func (l *library) close(ctx context.Context) error {
	var errs []error
	for _, p := range l.running {
		errs = append(errs, p.stop())
	}
	return errors.Join(append(errs, l.backends.close(ctx))...)
}

// signIn makes people and gets a token for each.
func (l *library) signIn(ctx context.Context, e *Env, settings []string) error {
	password := rand.Text()
	for i := range readers {
		email := fmt.Sprintf("reader-%d@example.com", i)
		cmd := e.command(ctx, "tickerctl", settings, "user", "create", "--email", email)
		cmd.Stdin = strings.NewReader(password + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("create a reader: %w: %s", err, bytes.TrimSpace(out))
		}
		token, err := signIn(ctx, l.ours, email, password)
		if err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
		l.tokens = append(l.tokens, token)
	}
	return nil
}

func signIn(ctx context.Context, addr, email, password string) (string, error) {
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/api/auth/login", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", errors.New(res.Status)
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	err = json.NewDecoder(res.Body).Decode(&answer)
	return answer.Token, err
}
