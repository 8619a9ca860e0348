package naver

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// tooFast is how long to back off after Naver's per-second limit, which names no wait.
const tooFast = time.Second

// scopeInvalid is how the legacy door refuses a good key whose application lacks the search: with code 024, which it gives
// unknown keys, too, those of the hub among them.
const scopeInvalid = "Scope Status Invalid"

type hit struct {
	Title        string `json:"title"`
	OriginalLink string `json:"originallink"`
	Link         string `json:"link"`
	Description  string `json:"description"`
	PubDate      string `json:"pubDate"`
}

// word is a JSON value that is a string in one place and a number in another.
type word string

// UnmarshalJSON takes strings and numbers.
func (w *word) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(w))
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return err
	}
	*w = word(number.String())
	return nil
}

// answer is the payload of both profiles and both shapes of error. Errors are looked for first: some come with 200.
type answer struct {
	Items        *[]hit `json:"items"`
	ErrorCode    word   `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	Error        *struct {
		ErrorCode word   `json:"errorCode"`
		Message   string `json:"message"`
		Details   string `json:"details"`
	} `json:"error"`
}

// read looks into the body whatever the header calls it: the hub says text/plain. status is the fault made from the
// status alone, nil for a 2xx.
func (s *Source) read(res *upstream.Response, status error) ([]hit, error) {
	var a answer
	if err := json.Unmarshal(res.Body, &a); err != nil {
		if status != nil {
			return nil, status
		}
		return nil, fault.New(fault.Unavailable, "the answer is no JSON: %w", err)
	}
	code, message := string(a.ErrorCode), a.ErrorMessage
	if a.Error != nil {
		code, message = string(a.Error.ErrorCode), strings.TrimSpace(a.Error.Message+" "+a.Error.Details)
	}
	switch {
	case code != "":
		return nil, s.refused(res, status, code, upstream.Brief(message, s.ID, s.Secret))
	case status != nil:
		return nil, status
	case a.Items == nil:
		return nil, fault.New(fault.Unavailable, "the answer holds no items")
	}
	return *a.Items, nil
}

func (s *Source) refused(res *upstream.Response, status error, code, message string) error {
	switch code {
	case "024", "200", "210", "401":
		if code == "210" || code == "401" || strings.HasPrefix(message, scopeInvalid) {
			return upstream.Because(upstream.NotApproved, fault.New(fault.Unauthorized,
				"the key is good on profile %q, but its application is not subscribed to Search (code %s, %s)", s.Profile, code, message))
		}
		return upstream.Because(upstream.WrongProfile, fault.New(fault.Unauthorized,
			"key refused on profile %q (code %s, %s): it is wrong, or one of the other profile; hub and legacy keys are not interchangeable",
			s.Profile, code, message))
	case "012":
		return upstream.Because(upstream.TooFast, fault.After(fault.Limited, max(res.RetryAfter, tooFast), "too fast (code 012, %s)", message))
	case "010":
		return upstream.Because(upstream.QuotaUsed,
			fault.After(fault.Limited, s.Client.UntilMidnight(), "the day's quota is used up (code 010, %s)", message))
	case "SE01", "SE02", "SE03", "SE04", "SE06":
		return fault.New(fault.Invalid, "search refused (code %s, %s)", code, message)
	case "SE05":
		return fault.New(fault.NotFound, "there is no such search any more on profile %q (code SE05, %s)", s.Profile, message)
	}
	if status == nil || res.Status >= http.StatusInternalServerError {
		return fault.After(fault.Unavailable, res.RetryAfter, "answered code %s (%s)", code, message)
	}
	return &fault.Error{Kind: fault.KindOf(status), RetryAfter: res.RetryAfter, Err: status,
		Message: "answered code " + code + " (" + message + "): " + status.Error()}
}

// item returns the hit in our words. Its name and its address are the publisher's, so that the same article is known
// when it comes from elsewhere; its press is the publisher's host, for Naver does not say more.
func (h hit) item(now time.Time) news.Item {
	address := strings.TrimSpace(h.OriginalLink)
	if address == "" {
		address = strings.TrimSpace(h.Link)
	}
	item := news.Item{Source: name, ExternalID: address, URL: address, Title: h.Title, Summary: h.Description,
		PublishedAt: now, TimeQuality: news.TimeCrawl, Kind: news.KindNews}
	if target, err := url.Parse(address); err == nil {
		item.Press = strings.TrimPrefix(target.Hostname(), "www.")
	}
	if at, err := time.Parse(time.RFC1123Z, strings.TrimSpace(h.PubDate)); err == nil {
		item.PublishedAt, item.TimeQuality = at, news.TimeExact
	}
	return item
}
