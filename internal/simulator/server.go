package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody is the longest request body that is read, in bytes.
const maxBody = 1 << 20

// Options are a server's settings; the zero Options are good.
type Options struct {
	Start  time.Time        // what the clock shows first; zero: the world's own start
	Speed  float64          // how fast the clock runs; 0 stands still, so programs pass 1
	Wall   func() time.Time // the wall clock of limits, tokens and messages; nil: time.Now
	Limits Limits
	// FirstID is the number of Telegram's first update and message; 0 for 1. A simulator that starts anew beside a program
	// that remembers must begin above what it gave out before.
	FirstID int64
	Chats   []int64 // chats that the bot may write to; none: DefaultChat
	Keys    Keys    // that the upstreams accept, all of them; the zero Keys: invented ones that everybody knows
}

// DefaultChat is the private chat that is there from the start.
const DefaultChat int64 = 700001

// Server is the simulated outside world as one http.Handler. Every upstream lives below its own first path segment:
// /feed, /naver, /naverstock, /finance, /dart, /krx, /kis, /kis-paper, /telegram, /openai; controls are below /_sim.
type Server struct {
	world     *actions
	announced *announced
	clock     *Clock
	wall      func() time.Time
	keys      Keys
	served    *served
	traffic   *traffic
	faults    *faults
	telegram  *telegram
	openAI    *openAI
	kis       *kis // of the real account
	kisPaper  *kis
	upstreams map[string]upstream
}

// upstream answers one request of an outside system, whose path is what follows the system's own prefix. now is the
// simulated instant.
type upstream interface {
	answer(r *request, now time.Time) answer
	limited(r *request) answer // the system's own answer to a caller over its limit
}

// coded is an upstream that can be told to refuse with one of its error codes.
type coded interface {
	// refuse returns the refusal; ok is false for a code that the upstream does not have.
	refuse(r *request, code string) (a answer, ok bool)
}

// metered is an upstream with a quota of requests a day.
type metered interface{ daily() *daily }

// request is a request whose body has been read.
type request struct {
	*http.Request
	path string // below the upstream's prefix, with a leading slash
	body []byte
}

// answer is what goes back, and which ids it shows.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	source  string   // under which ids count as served
	ids     []string // shown in the body
	refused bool     // the caller is over the limit, see overLimit
}

// New returns a server of the world. Its clock starts at once.
func New(world World, o Options) *Server {
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Start.IsZero() {
		o.Start = world.Start()
	}
	if len(o.Chats) == 0 {
		o.Chats = []int64{DefaultChat}
	}
	if o.Keys == (Keys{}) {
		o.Keys = demoKeys()
	}
	limits := o.Limits.withDefaults()
	shown := &announced{World: world}
	world = shown
	played := newActions(world)
	s := &Server{world: played, announced: shown, clock: NewClock(o.Start, o.Speed, o.Wall), wall: o.Wall, keys: o.Keys,
		served: newServed(o.Wall), traffic: newTraffic(o.Wall), faults: newFaults()}
	s.kis, s.kisPaper = newKIS(played, s.keys, false, limits, o.Wall), newKIS(played, s.keys, true, limits, o.Wall)
	s.telegram = newTelegram(s.keys.TelegramToken, o.Chats, limits, o.Wall)
	s.telegram.startAt(o.FirstID)
	s.openAI = newOpenAI(s.keys, limits, o.Wall)
	s.upstreams = map[string]upstream{
		"finance":   finance{},
		"feed":      newFeeds(world),
		"naver":     newNaver(world, s.keys, limits, o.Wall),
		"dart":      newDART(world, s.keys, limits, o.Wall),
		"krx":       newKRX(played, s.keys, limits, o.Wall),
		"kis":       s.kis,
		"kis-paper": s.kisPaper,
		"telegram":  s.telegram,
		"openai":    s.openAI,
	}
	s.upstreams["naverstock"] = naverStock{world}
	return s
}

// Close ends the polls that still wait and the deliveries to a webhook, so that an HTTP server can shut down at once. It may be called more than once.
func (s *Server) Close() { s.telegram.inbox.close() }

// Clock returns the server's clock.
func (s *Server) Clock() *Clock { return s.clock }

// Messages returns every message that Telegram accepted, oldest first.
func (s *Server) Messages() []Message { return s.telegram.messages() }

// FirstServed returns when an answer first showed the item of the given ID, on the wall, just before the answer's body was
// written; false while none has.
func (s *Server) FirstServed(id string) (time.Time, bool) { return s.served.firstOf(id) }

// Served returns the ids that each source's answers have shown, in the order in which they first did.
func (s *Server) Served() map[string][]string { return s.served.all() }

// Traffic returns how many requests an upstream, by its name in paths, was sent since the start.
func (s *Server) Traffic(upstream string) Traffic { return s.traffic.of(upstream) }

// TrafficSeconds returns an upstream's traffic of each second in which it had any, the last hour's worth, oldest first.
func (s *Server) TrafficSeconds(upstream string) []TrafficSecond { return s.traffic.all()[upstream] }

// Companies returns all listed companies, ordered by code.
func (s *Server) Companies() []Company { return s.world.Companies() }

// KIS returns how often the broker of the real account was asked.
func (s *Server) KIS() KISCounts { return s.kis.counted() }

// Keys returns the keys that the upstreams accept.
func (s *Server) Keys() Keys { return s.keys }

// ServeHTTP answers as the system whose prefix the path has.
func (s *Server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(hr.URL.Path, "/"), "/")
	body, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, maxBody))
	if err != nil {
		write(w, hr, plain(http.StatusBadRequest, "simulator: the body cannot be read: "+err.Error()))
		return
	}
	r := &request{Request: hr, path: "/" + rest, body: body}
	if name == "_sim" {
		write(w, hr, s.control(r))
		return
	}
	up, ok := s.upstreams[name]
	if !ok {
		write(w, hr, plain(http.StatusNotFound, "simulator: no upstream is called "+name))
		return
	}
	hit := s.faults.next(name)
	if hit == nil {
		s.send(w, hr, name, up.answer(r, s.clock.Now()))
		return
	}
	s.traffic.count(name, hit.traffic())
	if err := hit.wait(hr.Context()); err != nil {
		return // the client has gone
	}
	s.show(w, hr, hit.apply(w, r, up, s.clock))
}

// send counts a request of an upstream that no fault has hit, and shows its answer.
func (s *Server) send(w http.ResponseWriter, r *http.Request, name string, a answer) {
	if a.overLimit() {
		s.traffic.count(name, Traffic{Refused: 1})
	} else {
		s.traffic.count(name, Traffic{Taken: 1})
	}
	s.show(w, r, a)
}

// show writes an answer and counts what it shows as served.
func (s *Server) show(w http.ResponseWriter, r *http.Request, a answer) {
	if r.Method != http.MethodHead {
		s.served.add(a.source, a.ids)
	}
	write(w, r, a)
}

// write sends the answer. A failed write means that the client has gone: there is nobody left to tell.
func write(w http.ResponseWriter, r *http.Request, a answer) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body)
	}
}

func plain(status int, text string) answer {
	return answer{status: status, header: contentType("text/plain; charset=utf-8"), body: []byte(text + "\n")}
}

func contentType(value string) http.Header { return http.Header{"Content-Type": {value}} }

// jsonAnswer encodes v as the real services do: UTF-8, nothing escaped for HTML.
func jsonAnswer(status int, mime string, v any) answer {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return plain(http.StatusInternalServerError, fmt.Sprintf("simulator: %v", err))
	}
	return answer{status: status, header: contentType(mime), body: bytes.TrimRight(buf.Bytes(), "\n")}
}

const jsonUTF8 = "application/json;charset=UTF-8"
