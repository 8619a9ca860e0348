package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// control answers what is below /_sim: it belongs to the simulator itself and plays nobody.
func (s *Server) control(r *request) answer {
	head, rest, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	switch {
	case head == "clock" && rest == "":
		return s.controlClock(r)
	case head == "faults" && rest != "":
		return s.controlFault(r, rest)
	case head == "quota" && rest != "":
		return s.controlQuota(r, rest)
	case head == "telegram" && rest == "messages":
		return s.controlMessages(r)
	case head == "telegram" && rest == "updates":
		return s.controlUpdates(r)
	case head == "telegram" && strings.HasPrefix(rest, "chats/"):
		return s.controlChat(r, strings.TrimPrefix(rest, "chats/"))
	case head == "filings" && rest == "":
		return s.controlFilings(r)
	case head == "openai" && rest == "":
		return s.openAI.controlOddity(r)
	case head == "kis" && rest == "tokens":
		return s.controlTokens(r)
	case r.Method == http.MethodPut && head == "splits":
		return s.controlSplit(r, rest)
	case r.Method == http.MethodPut && head == "holidays":
		return s.controlHoliday(rest)
	case r.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "only GET")
	case head == "served" && rest == "":
		return told(s.served.all())
	case head == "traffic" && rest == "":
		return told(s.traffic.all())
	case head == "keys" && rest == "":
		return told(struct {
			Keys
			Chats []int64 `json:"telegram_chats"`
		}{s.keys, s.telegram.chatIDs()})
	}
	return refuse(http.StatusNotFound, "there is no control "+r.URL.Path)
}

type clockState struct {
	Now   string  `json:"now"` // RFC 3339 with nanoseconds, KST
	Speed float64 `json:"speed"`
}

func (s *Server) controlClock(r *request) answer {
	switch r.Method {
	case http.MethodGet:
	case http.MethodPut:
		var in struct {
			Now   *time.Time `json:"now"`
			Speed *float64   `json:"speed"`
		}
		if err := decode(r.body, &in); err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
		if in.Speed != nil && !(*in.Speed >= 0 && *in.Speed <= 100_000) {
			return refuse(http.StatusBadRequest, "speed must be 0 to 100000")
		}
		s.clock.Set(in.Now, in.Speed)
	default:
		return refuse(http.StatusMethodNotAllowed, "GET or PUT")
	}
	now, speed := s.clock.Read()
	return told(clockState{Now: now.Format(time.RFC3339Nano), Speed: speed})
}

func (s *Server) controlFault(r *request, name string) answer {
	if _, ok := s.upstreams[name]; !ok {
		return refuse(http.StatusNotFound, fmt.Sprintf("no upstream %q: one of %s", name, strings.Join(slices.Sorted(maps.Keys(s.upstreams)), ", ")))
	}
	switch r.Method {
	case http.MethodGet:
		fault, ok := s.faults.get(name)
		if !ok {
			return refuse(http.StatusNotFound, "nothing is wrong with "+name)
		}
		return told(fault)
	case http.MethodPut:
		var fault Fault
		if err := decode(r.body, &fault); err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
		if err := fault.check(); err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
		if _, ok := fault.refusal(r, s.upstreams[name]); fault.Code != "" && !ok {
			return refuse(http.StatusBadRequest, fmt.Sprintf("%s has no error code %q", name, fault.Code))
		}
		s.faults.set(name, fault)
		return told(fault)
	case http.MethodDelete:
		s.faults.clear(name)
		return answer{status: http.StatusNoContent}
	}
	return refuse(http.StatusMethodNotAllowed, "GET, PUT or DELETE")
}

// controlQuota tells how much is left of the day's quota of naver, dart or krx, and on PUT decides it: {"left": 2}.
func (s *Server) controlQuota(r *request, name string) answer {
	up, ok := s.upstreams[name].(metered)
	if !ok {
		return refuse(http.StatusNotFound, fmt.Sprintf("no upstream %q has a daily quota", name))
	}
	quota := up.daily()
	switch r.Method {
	case http.MethodGet:
	case http.MethodPut:
		var in struct {
			Left *int `json:"left"`
		}
		if err := decode(r.body, &in); err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
		if in.Left == nil || *in.Left < 0 || *in.Left > quota.n {
			return refuse(http.StatusBadRequest, fmt.Sprintf("left must be 0 to %d", quota.n))
		}
		quota.leave(*in.Left, s.wall())
	default:
		return refuse(http.StatusMethodNotAllowed, "GET or PUT")
	}
	return told(map[string]int{"left": quota.left(s.wall()), "daily": quota.n})
}

// controlTokens tells how often the brokers were asked, and on DELETE revokes every token of theirs early.
func (s *Server) controlTokens(r *request) answer {
	switch r.Method {
	case http.MethodGet:
		return told(map[string]KISCounts{"kis": s.kis.counted(), "kis-paper": s.kisPaper.counted()})
	case http.MethodDelete:
		s.kis.end("")
		s.kisPaper.end("")
		return answer{status: http.StatusNoContent}
	}
	return refuse(http.StatusMethodNotAllowed, "GET or DELETE")
}

func (s *Server) controlMessages(r *request) answer {
	if r.Method != http.MethodGet {
		return refuse(http.StatusMethodNotAllowed, "only GET")
	}
	all := s.telegram.messages()
	if since := r.URL.Query().Get("since"); since != "" {
		after, err := laterThan(since)
		if err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
		all = slices.DeleteFunc(all, func(m Message) bool { return !after(m) })
	}
	return told(struct {
		Messages []Message `json:"messages"`
	}{all})
}

// laterThan reads since: a message id, or an RFC 3339 wall time.
func laterThan(since string) (func(Message) bool, error) {
	if id, err := strconv.ParseInt(since, 10, 64); err == nil {
		return func(m Message) bool { return m.ID > id }, nil
	}
	at, err := time.Parse(time.RFC3339Nano, since)
	if err != nil {
		return nil, fmt.Errorf("since %q is neither a message id nor an RFC 3339 time", since)
	}
	return func(m Message) bool { return m.At.After(at) }, nil
}

func (s *Server) controlChat(r *request, text string) answer {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || r.Method != http.MethodPut {
		return refuse(http.StatusBadRequest, "PUT a chat by its number")
	}
	var in ChatState
	if err := decode(r.body, &in); err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	if in.Deactivated && id < 0 {
		return refuse(http.StatusBadRequest, "a group is no user: only a user can be deactivated")
	}
	s.telegram.setChat(id, in)
	return told(struct {
		ID int64 `json:"id"`
		ChatState
	}{id, in})
}

// decode reads a control's body; unknown fields are refused, for a misspelt fault would silently be none.
func decode(body []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func told(v any) answer { return jsonAnswer(http.StatusOK, "application/json", v) }

func refuse(status int, why string) answer {
	return jsonAnswer(status, "application/json", map[string]string{"error": why})
}
