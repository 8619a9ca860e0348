package pages

import (
	"strconv"
	"strings"
)

// choose returns the encoding that the caller likes best of those that there are, ours first where he likes them alike; nil
// when that is none of them: the file as it is.
func choose(header string, there []encoded) *encoded {
	likes := qualities(header)
	of := func(name string) (float64, bool) {
		q, named := likes[name]
		if !named {
			q, named = likes["*"]
		}
		return q, named
	}
	var best *encoded
	most := 0.0
	for i := range there {
		if q, _ := of(there[i].name); q > most {
			best, most = &there[i], q
		}
	}
	// As it is it is always taken, unless said otherwise; it is preferred only where that is said by its name.
	if q, named := likes["identity"]; named && q > most {
		return nil
	}
	return best
}

// accepts reports whether an Accept header names a media type itself: browsers do for a page, programs mostly do not.
func accepts(header, kind string) bool { return qualities(header)[kind] > 0 }

// qualities reads a header's list of values with their q, 1 where none is given. What cannot be read is not liked.
func qualities(header string) map[string]float64 {
	all := make(map[string]float64)
	for part := range strings.SplitSeq(header, ",") {
		value, parameters, _ := strings.Cut(part, ";")
		value = strings.ToLower(strings.TrimSpace(value))
		if value == "" {
			continue
		}
		all[value] = quality(parameters)
	}
	return all
}

func quality(parameters string) float64 {
	for p := range strings.SplitSeq(parameters, ";") {
		name, text, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
